// quarry: picks the samples of an unlabelled pool that are most worth
// labelling. The commands are in files of their own; this one finds out which
// is meant, runs it, and turns errors into a line on stderr and an exit code.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "quarry/core/did_you_mean.hpp"
#include "quarry/core/error.hpp"
#include "quarry/data/open_source.hpp"
#include "quarry/version.hpp"

#include "commands/commands.hpp"
#include "flags/config.hpp"
#include "libtorch/libtorch.hpp"
#include "output/exit_code.hpp"
#include "output/signals.hpp"

namespace quarry::cli {
namespace {

class Program {
 public:
  Program()
      : app_("Picks the samples of a pool that are most worth labelling",
             "quarry") {
    app_.set_version_flag("--version", QUARRY_VERSION);
    app_.require_subcommand(0, 1);
    app_.allow_extras();
    app_.failure_message(CLI::FailureMessage::simple);
    app_.footer("One command's flags and an example: quarry COMMAND --help");
    for (auto add : {demo_command, select_command, score_command, rank_command,
                     train_command, pack_command, cache_command, list_command,
                     doctor_command}) {
      commands_.push_back(add(app_, flags_));
      commands_.back().app->allow_extras();
    }
  }

  ExitCode run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) {  // --help, --version
        app_.exit(error);
        return done;
      }
      raise("cli.usage", error.what(), help_hint());
    }
    const Command* command = chosen();
    if (command == nullptr) {
      expect_no_extras(app_);
      fmt::print("{}", app_.help());
      return usage_error;
    }
    expect_no_extras(*command->app);
    return run(*command);
  }

 private:
  ExitCode run(const Command& command) {
    const auto shared = std::make_shared<Terminal>();
    Terminal& terminal = *shared;
    terminal.set_quiet(flags_.quiet);
    if (grants_access(flags_.data)) {
      terminal.note(
          "others on this machine may read the user, password or token that "
          "--data holds (ps shows it): give --netrc, or name the pool in a "
          "list or in a file for --config");
    }
    std::vector<CLI::App*> apps;
    for (const Command& each : commands_) apps.push_back(each.app);
    apply_config(*command.app, apps, flags_.config, terminal);
    terminal.set_quiet(flags_.quiet);
    expect_cache_flags(flags_);
    const std::string name = command.app->get_name();
    for (const std::string& flag : idle_flags(*command.app, command.idle)) {
      terminal.note(fmt::format("{} has no effect on quarry {}", flag, name));
    }
    const Call call{*command.app, flags_, terminal, stop_on_signals()};
    const ExitCode code = command.run(call);
    terminal.clear();
    return code;
  }

  const Command* chosen() const {
    for (const Command& command : commands_)
      if (command.app->parsed()) return &command;
    return nullptr;
  }

  std::string help_hint() const {
    const Command* command = chosen();
    return command == nullptr
               ? "see quarry --help"
               : fmt::format("see quarry {} --help", command->app->get_name());
  }

  /// Raises `cli.usage` for what nobody understood, with what was meant.
  void expect_no_extras(const CLI::App& app) const {
    const std::vector<std::string> extras = app.remaining();
    if (extras.empty()) return;
    const std::string word = extras[0].substr(0, extras[0].find('='));
    const bool flag = word.rfind('-', 0) == 0;
    std::vector<std::string> known;
    if (flag) {
      for (const CLI::Option* option : app.get_options())
        known.push_back(option->get_name());
    } else if (&app == &app_) {
      for (const Command& command : commands_)
        known.push_back(command.app->get_name());
    }
    const std::string meant = did_you_mean(word, known);
    raise("cli.usage",
          flag            ? fmt::format("there is no flag {}", word)
          : &app == &app_ ? fmt::format("there is no command {}", word)
                          : fmt::format("{} takes no argument \"{}\"",
                                        app.get_name(), word),
          meant.empty() ? help_hint() : meant);
  }

  CLI::App app_;
  Flags flags_;
  std::vector<Command> commands_;
};

/// A closed standard descriptor would be given to the next file that is opened,
/// and what is printed would end up in it. From /dev/null, opened the wrong way
/// round, every read and write is an error instead.
void keep_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(wanted, F_GETFD) != -1 || errno != EBADF) continue;
    if (::open("/dev/null", wanted == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      return;
  }
}

/// Raises `cli.stdout` when what was printed did not arrive.
void expect_printed() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  const int error = errno;
  raise("cli.stdout",
        "what was printed on stdout is lost" +
            (error == 0 ? "" : ": " + std::generic_category().message(error)),
        "free space, or send it elsewhere");
}

ExitCode run(int argc, char** argv) {
  Program program;
  try {
    const ExitCode code = program.run(argc, argv);
    expect_printed();
    return code;
  } catch (const Error& error) {
    return complain(error.failure());
  } catch (const std::bad_alloc&) {
    return complain(Failure{"cli.memory", "there is not enough memory"});
  } catch (const std::exception& error) {
    // fmt throws one of its own when it cannot print.
    if (std::ferror(stdout) != 0)
      return complain(Failure{"cli.stdout", error.what()});
    return complain(Failure{"cli.unexpected", error.what()});
  }
}

}  // namespace
}  // namespace quarry::cli

int main(int argc, char** argv) {
  quarry::cli::keep_standard_descriptors();
  quarry::cli::leave(quarry::cli::run(argc, argv));
}
