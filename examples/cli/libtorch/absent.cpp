// What a build without libtorch says where one would be needed.
#include <cstdlib>

#include <fmt/format.h>

#include "quarry/core/error.hpp"

#include "libtorch/libtorch.hpp"

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

LoadedModel load_model(const Flags&, Terminal&) {
  no_torch("with --model");
}

std::shared_ptr<SelectDevice> select_device_of(const LoadedModel&, Terminal&) {
  return nullptr;
}

TrainableNet new_net(const std::string& name, const NetOptions&, Terminal&) {
  no_torch("with the net " + name);
}

void use_torch_threads(std::size_t) {}

std::vector<NetInfo> nets() {
  return {};
}

std::optional<TorchRuntimeInfo> torch_info() {
  return std::nullopt;
}

void leave(ExitCode code) {
  std::exit(code);
}

}  // namespace quarry::cli
