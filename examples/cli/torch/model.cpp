// What the program does with libtorch besides training: it loads a model file
// and tells what there is.
#include "model.hpp"

#include <fmt/format.h>

#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_runtime.hpp"
#include "quarry/model/torch_script_model.hpp"

#include "nets.hpp"

namespace quarry::cli {

void expect_torch(const std::string&) {}

LoadedModel load_model(const Flags& flags, Terminal& terminal) {
  // Batches run beside each other, each on one thread: picks then do not
  // depend on how many threads there are.
  use_threads(1);
  const TorchScriptModel model(flags.model, {.device = flags.device});
  for (const std::string& note : model.notes()) terminal.note(note);
  return {model, model.card(), flags.model, model.device()};
}

std::vector<Net> nets() {
  std::vector<Net> list;
  for (const NetInfo& info : built_in_nets())
    list.push_back({info.name, info.summary});
  return list;
}

Json torch_facts() {
  const TorchRuntimeInfo info = torch_runtime_info();
  Json devices = Json::array();
  for (const TorchDevice& device : info.devices) {
    devices.push_back({{"name", device.name},
                       {"usable", device.usable},
                       {"why", device.why}});
  }
  return {{"version", info.version},
          {"cpu", info.cpu},
          {"devices", std::move(devices)}};
}

}  // namespace quarry::cli
