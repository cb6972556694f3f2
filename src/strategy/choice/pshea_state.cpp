#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quarry/strategy/choice/pshea.hpp"

#include "core/json_object.hpp"
#include "strategy/choice/state.hpp"

namespace quarry {
namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

const char* word_of(PsheaStop stop) {
  switch (stop) {
    case PsheaStop::target:
      return "target";
    case PsheaStop::budget:
      return "budget";
    case PsheaStop::converged:
      return "converged";
    case PsheaStop::go_on:
      break;
  }
  return "go_on";
}

PsheaStop stop_of(const std::string& word) {
  for (const auto stop :
       {PsheaStop::target, PsheaStop::budget, PsheaStop::converged}) {
    if (word == word_of(stop)) return stop;
  }
  return PsheaStop::go_on;
}

/// Null for what is infinite: JSON has no such number.
Json bounds_json(const CurveBounds& bounds) {
  return {finite_or_null(bounds.low), finite_or_null(bounds.high)};
}

CurveBounds bounds_of(const detail::JsonObject& object, std::string_view key) {
  const Json& pair = *object.find(key);
  const auto fits = [](const Json& one) {
    return one.is_null() || one.is_number();
  };
  if (!pair.is_array() || pair.size() != 2 || !fits(pair[0]) ||
      !fits(pair[1])) {
    object.complain(object.full(key), "is " + object.shown(pair) +
                                          ", but must be two numbers or null");
  }
  const auto number = [](const Json& one, double missing) {
    return one.is_null() ? missing : one.get<double>();
  };
  return {number(pair[0], -HUGE_VAL), number(pair[1], HUGE_VAL)};
}

/// A number, or nothing for null.
std::optional<double> number_or_null(const detail::JsonObject& object,
                                     std::string_view key) {
  if (object.find(key)->is_null()) return std::nullopt;
  return object.number(key, 0.0);
}

Json options_json(const PsheaOptions& options) {
  const CurveOptions& curve = options.curve;
  return {
      {"budget", options.budget},
      {"batch", options.batch},
      {"target", finite_or_null(options.target)},
      {"min_gain", options.min_gain},
      {"patience", options.patience},
      {"drop", options.drop == PsheaDrop::lowest ? "lowest" : "lower_half"},
      {"curve",
       {{"shape", curve.shape == CurveShape::power ? "power" : "exponential"},
        {"limit", bounds_json(curve.limit)},
        {"scale", bounds_json(curve.scale)},
        {"rate", bounds_json(curve.rate)},
        {"noise", curve.noise ? Json(*curve.noise) : Json()}}}};
}

CurveOptions curve_of(const Json& json, std::string_view name) {
  const auto object =
      detail::state_object(json, "options.curve", name,
                           {"shape", "limit", "scale", "rate", "noise"});
  const std::string shape = object.word("shape", "", {"exponential", "power"});
  return {
      .shape = shape == "power" ? CurveShape::power : CurveShape::exponential,
      .limit = bounds_of(object, "limit"),
      .scale = bounds_of(object, "scale"),
      .rate = bounds_of(object, "rate"),
      .noise = number_or_null(object, "noise")};
}

PsheaOptions options_of(const Json& json, std::string_view name) {
  const auto object = detail::state_object(
      json, "options", name,
      {"budget", "batch", "target", "min_gain", "patience", "drop", "curve"});
  const std::string drop = object.word("drop", "", {"lowest", "lower_half"});
  return {.budget = object.whole("budget", 0, 1, most),
          .batch = object.whole("batch", 0, 1, most),
          .target = number_or_null(object, "target").value_or(HUGE_VAL),
          .min_gain = object.number("min_gain", 0.0),
          .patience = object.whole("patience", 0, 0, most),
          .drop = drop == "lowest" ? PsheaDrop::lowest : PsheaDrop::lower_half,
          .curve = curve_of(*object.find("curve"), name)};
}

}  // namespace

Json Pshea::to_json() const {
  Json branches = Json::array();
  for (const Branch& branch : branches_) {
    Json labels = Json::array();
    Json metrics = Json::array();
    for (const CurvePoint& point : branch.points) {
      labels.push_back(static_cast<std::size_t>(point.labels));
      metrics.push_back(point.metric);
    }
    branches.push_back({{"name", branch.name},
                        {"alive", branch.alive},
                        {"labels", std::move(labels)},
                        {"metrics", std::move(metrics)}});
  }
  return {{"options", options_json(options_)},
          {"branches", std::move(branches)},
          {"bought", bought_},
          {"without_gain", without_gain_},
          {"stop", word_of(stop_)}};
}

Pshea Pshea::from_json(const Json& state, std::string_view name) {
  const auto object = detail::state_object(
      state, "", name,
      {"options", "branches", "bought", "without_gain", "stop"});
  const Json& listed = *object.find("branches");
  if (!listed.is_array() || listed.empty()) {
    object.complain("branches", "is " + object.shown(listed) +
                                    ", but must be a list of branches");
  }
  std::vector<Branch> branches;
  std::vector<std::string> names;
  for (const Json& one : listed) {
    const std::string path = "branches[" + std::to_string(names.size()) + ']';
    const auto branch = detail::state_object(
        one, path.c_str(), name, {"name", "alive", "labels", "metrics"});
    names.push_back(branch.text("name"));
    const auto labels = branch.wholes("labels", 1, most);
    const auto metrics = branch.numbers("metrics", labels.size(), "round");
    branches.push_back({names.back(), branch.yes("alive", true)});
    for (std::size_t i = 0; i < labels.size(); ++i) {
      branches.back().points.push_back(
          {static_cast<double>(labels[i]), metrics[i]});
    }
  }
  if (std::set<std::string>(names.begin(), names.end()).size() !=
      names.size()) {
    object.complain("branches", "holds a name twice");
  }
  if (std::none_of(branches.begin(), branches.end(),
                   [](const Branch& branch) { return branch.alive; })) {
    object.complain("branches", "holds none that is alive");
  }
  const PsheaOptions options = options_of(*object.find("options"), name);
  Pshea pshea = detail::restored(object, [&] { return Pshea(names, options); });
  pshea.branches_ = std::move(branches);
  const std::vector<std::string> bought = object.words("bought");
  pshea.bought_.insert(bought.begin(), bought.end());
  pshea.without_gain_ = object.whole("without_gain", 0, 0, most);
  pshea.stop_ = stop_of(
      object.word("stop", "", {"go_on", "target", "budget", "converged"}));
  pshea.find_best();
  return pshea;
}

void Pshea::find_best() {
  std::size_t rounds = 0;
  for (const Branch& branch : branches_) {
    rounds = std::max(rounds, branch.points.size());
  }
  for (std::size_t i = 0; i < rounds; ++i) {
    for (const Branch& branch : branches_) {
      if (i < branch.points.size()) see(branch, branch.points[i].metric);
    }
  }
}

}  // namespace quarry
