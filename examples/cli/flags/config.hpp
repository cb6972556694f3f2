#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace YAML {
class Node;
}

namespace quarry::cli {

class Terminal;

/// What a configuration file says about one flag.
struct Setting {
  std::string key;                  ///< "max_bad"
  std::vector<std::string> values;  ///< one, or several of a repeated flag
  std::string where;                ///< "run.yaml:3", for messages
};

/// The settings of a YAML file, in its order. `params` and `input` may be maps;
/// they become `key=value`. Files of ALaaS are understood: what has no
/// counterpart here is listed in `ignored`.
///
/// Raises `file.*` and `cli.config` naming the line.
struct Config {
  std::vector<Setting> settings;
  std::vector<std::string> ignored;
  bool alaas = false;
};
Config read_config(const std::filesystem::path& file);

/// Gives the flags of `command` that the command line did not give the values
/// of the file named by `--config`, if there is one. A key that only another of
/// `commands` has is noted; one that none has raises `cli.config` and suggests
/// the nearest.
void apply_config(CLI::App& command, std::span<CLI::App* const> commands,
                  const std::string& file, Terminal& terminal);

namespace detail {
std::string where(const std::string& name, const YAML::Node& node);
/// The values of a scalar, a list of scalars or a map of scalars.
std::vector<std::string> values_of(const YAML::Node& node,
                                   const std::string& name,
                                   const std::string& key);
/// Reads the map under `active_learning` of an ALaaS file.
void read_alaas(const YAML::Node& node, const std::string& name,
                Config& config);
}  // namespace detail

}  // namespace quarry::cli
