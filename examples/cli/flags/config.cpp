#include "flags/config.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "quarry/core/did_you_mean.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

#include "output/terminal.hpp"

namespace quarry::cli {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 20;

[[noreturn]] void bad(const std::string& where, const std::string& what,
                      const std::string& hint = "") {
  raise("cli.config", fmt::format("{}: {}", where, what), hint);
}

std::string flag_of(std::string key) {
  // `params: {beta: 2}` reads better than `param`; both are the flag --param.
  if (key == "params") key = "param";
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

std::string key_of(const std::string& flag) {
  std::string key = flag.substr(2);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::vector<std::string> keys_of(std::span<CLI::App* const> commands) {
  std::set<std::string> keys = {"params"};
  for (const CLI::App* command : commands) {
    for (const CLI::Option* option : command->get_options()) {
      const std::string flag = option->get_name();
      if (flag.rfind("--", 0) == 0 && flag != "--help" && flag != "--config")
        keys.insert(key_of(flag));
    }
  }
  return {keys.begin(), keys.end()};
}

/// Of `key=value` texts, those whose key the command line does not give; of
/// others none, once it gives any.
std::vector<std::string> not_given(const std::vector<std::string>& values,
                                   const std::vector<std::string>& given) {
  const auto key = [](const std::string& text) {
    return text.substr(0, text.find('='));
  };
  std::vector<std::string> left;
  for (const std::string& value : values) {
    if (value.find('=') == value.npos) continue;
    const bool there = std::any_of(
        given.begin(), given.end(),
        [&](const std::string& other) { return key(other) == key(value); });
    if (!there) left.push_back(value);
  }
  return left;
}

void give(CLI::Option& option, const Setting& setting) {
  const bool repeated = option.get_items_expected_max() > 1;
  std::vector<std::string> values = setting.values;
  if (repeated && values.empty()) return;
  if (repeated && option.count() != 0) {
    values = not_given(values, option.results());
    if (values.empty()) return;
  } else if (option.count() != 0) {
    return;
  }
  if (!repeated && values.size() != 1) {
    bad(setting.where,
        fmt::format("{} takes one value, not {}", setting.key, values.size()));
  }
  try {
    for (const std::string& value : values) option.add_result(value);
    option.run_callback();
  } catch (const CLI::ParseError& error) {
    bad(setting.where, fmt::format("{}: {}", setting.key, error.what()));
  }
}

YAML::Node load(const std::filesystem::path& file, const std::string& name) {
  const Bytes text = read_file(file, {.max_bytes = largest_file}).value();
  try {
    return YAML::Load(std::string(text.text()));
  } catch (const YAML::Exception& error) {
    const YAML::Mark mark = error.mark;
    bad(mark.is_null() ? name : fmt::format("{}:{}", name, mark.line + 1),
        fmt::format("no YAML: {}", error.msg));
  }
}

}  // namespace

std::string detail::where(const std::string& name, const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? name : fmt::format("{}:{}", name, mark.line + 1);
}

std::vector<std::string> detail::values_of(const YAML::Node& node,
                                           const std::string& name,
                                           const std::string& key) {
  const auto scalar = [&](const YAML::Node& value) {
    if (!value.IsScalar())
      bad(where(name, value), fmt::format("{} needs a plain value", key));
    return value.Scalar();
  };
  if (node.IsScalar()) return {node.Scalar()};
  std::vector<std::string> values;
  if (node.IsSequence()) {
    for (const YAML::Node& item : node) values.push_back(scalar(item));
  } else if (node.IsMap() &&
             (key == "params" || key == "param" || key == "input")) {
    for (const auto& item : node)
      values.push_back(scalar(item.first) + "=" + scalar(item.second));
  } else {
    bad(where(name, node), fmt::format("{} needs a plain value", key));
  }
  return values;
}

Config read_config(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const YAML::Node root = load(file, name);
  Config config;
  if (!root.IsDefined() || root.IsNull()) return config;
  if (!root.IsMap()) {
    bad(detail::where(name, root), "the file must be a map of keys and values",
        "every flag is a key: strategy: margin");
  }
  config.alaas = root["active_learning"].IsDefined();
  std::set<std::string> seen;
  for (const auto& item : root) {
    if (!item.first.IsScalar())
      bad(detail::where(name, item.first), "a key must be a plain word");
    const std::string key = item.first.Scalar();
    const std::string at = detail::where(name, item.first);
    if (!seen.insert(key).second)
      bad(at, fmt::format("the key {} is given twice", key));
    if (config.alaas && key == "active_learning") {
      detail::read_alaas(item.second, name, config);
    } else if (config.alaas && (key == "name" || key == "version")) {
      config.ignored.push_back(key);
    } else {
      config.settings.push_back(
          {key, detail::values_of(item.second, name, key), at});
    }
  }
  return config;
}

void apply_config(CLI::App& command, std::span<CLI::App* const> commands,
                  const std::string& file, Terminal& terminal) {
  if (file.empty()) return;
  const Config config = read_config(file);
  const std::vector<std::string> known = keys_of(commands);
  std::vector<std::string> ignored = config.ignored;
  for (const Setting& setting : config.settings) {
    const bool is_key =
        std::find(known.begin(), known.end(), setting.key) != known.end();
    CLI::Option* option =
        is_key ? command.get_option_no_throw(flag_of(setting.key)) : nullptr;
    if (option != nullptr) {
      give(*option, setting);
    } else if (is_key) {
      terminal.note(fmt::format("{}: {} is no flag of quarry {}; not used",
                                setting.where, setting.key,
                                command.get_name()));
    } else if (config.alaas) {
      ignored.push_back(setting.key);
    } else {
      bad(setting.where, fmt::format("there is no key {}", setting.key),
          did_you_mean(setting.key, known));
    }
  }
  if (!ignored.empty()) {
    terminal.note(fmt::format("{} is a file of ALaaS; not used: {}", file,
                              fmt::join(ignored, ", ")));
  }
}

}  // namespace quarry::cli
