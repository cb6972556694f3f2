#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "flags/options.hpp"
#include "output/exit_code.hpp"
#include "output/terminal.hpp"

namespace quarry::cli {

/// What a command is run with.
struct Call {
  const CLI::App& app;  ///< its own, for names and help
  const Flags& flags;
  Terminal& terminal;
  std::stop_token stop;
};

/// One of the program's commands: its flags, and what it does with them.
/// Errors are raised as `quarry::Error`.
struct Command {
  CLI::App* app = nullptr;
  std::function<ExitCode(const Call&)> run;
  /// Flags it takes, as every command does, that have no effect on it.
  std::vector<std::string> idle = {};
};

// Each adds a command to the program; `flags` outlives both.

Command demo_command(CLI::App& program, Flags& flags);
Command select_command(CLI::App& program, Flags& flags);
Command score_command(CLI::App& program, Flags& flags);
Command rank_command(CLI::App& program, Flags& flags);
Command train_command(CLI::App& program, Flags& flags);
Command pack_command(CLI::App& program, Flags& flags);
Command cache_command(CLI::App& program, Flags& flags);
Command list_command(CLI::App& program, Flags& flags);
Command doctor_command(CLI::App& program, Flags& flags);

}  // namespace quarry::cli
