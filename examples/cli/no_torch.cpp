// What a build without libtorch says where one would be needed.
#ifndef QUARRY_HAS_TORCH

#include <fmt/format.h>

#include "quarry/core/error.hpp"

#include "model.hpp"
#include "nets.hpp"
#include "torch_commands.hpp"

namespace quarry::cli {

namespace {

[[noreturn]] void no_torch(const std::string& command) {
  raise("model.no_libtorch",
        fmt::format("quarry {} runs a model, but this program was built "
                    "without libtorch",
                    command),
        "configure without -DQUARRY_TORCH=OFF (bash examples/quickstart.sh "
        "installs libtorch and builds), or choose from arrays: quarry rank "
        "--help");
}

}  // namespace

void expect_torch(const std::string& command) {
  no_torch(command);
}

std::vector<Net> nets() {
  return {};
}

LoadedModel load_model(const Flags&, Terminal&) {
  no_torch("with --model");
}

ExitCode run_train(const Call&) {
  no_torch("train");
}

ExitCode run_demo(const Call&) {
  no_torch("demo");
}

Json torch_facts() {
  return nullptr;
}

}  // namespace quarry::cli

#endif
