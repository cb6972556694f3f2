// What a configuration file of ALaaS (Active Learning as a Service) says in
// Quarry's words: strategy, budget, batch size and device. Servers, workers and
// models on a hub have no counterpart.
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "flags/config.hpp"

namespace quarry::cli::detail {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> names =
    {{{"RandomSampling", "random"},
      {"LeastConfidence", "least_confidence"},
      {"MarginConfidence", "margin"},
      {"RatioConfidence", "ratio"},
      {"EntropySampling", "entropy"},
      {"BayesianDisagreement", "bald"},
      {"KCenterSampling", "k_center"},
      {"KMeansSampling", "k_means"},
      {"CoreSet", "core_set"},
      {"DiverseMiniBatch", "dbal"},
      {"DeepFool", "deep_fool"}}};

std::string our_name(const std::string& type) {
  for (const auto& [theirs, ours] : names)
    if (theirs == type) return std::string(ours);
  return type;
}

bool is_model_file(const std::string& text) {
  return text.size() > 3 && text.substr(text.size() - 3) == ".pt";
}

/// Calls `visit(key, value)` for each entry, or notes the path as ignored.
template <class Visit>
void each(const YAML::Node& node, const std::string& path, Config& config,
          Visit&& visit) {
  if (!node.IsMap()) {
    config.ignored.push_back(path);
    return;
  }
  for (const auto& item : node) {
    const std::string key = item.first.IsScalar() ? item.first.Scalar() : "?";
    if (!visit(key, item.second)) config.ignored.push_back(path + "." + key);
  }
}

class Reader {
 public:
  Reader(const std::string& name, Config& config)
      : name_(name), config_(config) {}

  void root(const YAML::Node& node) {
    each(node, "active_learning", config_,
         [&](const std::string& key, const YAML::Node& value) {
           if (key == "strategy") {
             strategy(value);
             return true;
           }
           return key == "budget" && set("budget", value);
         });
  }

 private:
  void strategy(const YAML::Node& node) {
    const std::string path = "active_learning.strategy";
    each(node, path, config_,
         [&](const std::string& key, const YAML::Node& value) {
           if (key == "type" || key == "algorithm") return set_strategy(value);
           if (key == "model" || key == "infer_model") {
             model(value, path + "." + key);
             return true;
           }
           return false;
         });
  }

  void model(const YAML::Node& node, const std::string& path) {
    each(node, path, config_,
         [&](const std::string& key, const YAML::Node& value) {
           if (key == "batch_size") return set("batch", value);
           if (key == "device") return set_device(value);
           // A name on a hub is not fetched; a file is a file.
           return key == "name" && value.IsScalar() &&
                  is_model_file(value.Scalar()) && set("model", value);
         });
  }

  bool set(const std::string& key, const YAML::Node& value) {
    config_.settings.push_back(
        {key, values_of(value, name_, key), where(name_, value)});
    return true;
  }
  bool set_strategy(const YAML::Node& value) {
    set("strategy", value);
    for (std::string& type : config_.settings.back().values)
      type = our_name(type);
    return true;
  }

  /// They write CPU and CUDA:0.
  bool set_device(const YAML::Node& value) {
    set("device", value);
    for (std::string& device : config_.settings.back().values)
      for (char& c : device)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return true;
  }

  const std::string& name_;
  Config& config_;
};

}  // namespace

void read_alaas(const YAML::Node& node, const std::string& name,
                Config& config) {
  Reader(name, config).root(node);
}

}  // namespace quarry::cli::detail
