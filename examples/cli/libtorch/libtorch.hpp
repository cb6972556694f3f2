#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quarry/model/any_model.hpp"
#include "quarry/model/fit.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_runtime.hpp"
#include "quarry/strategy/select_device.hpp"

#include "flags/options.hpp"
#include "output/exit_code.hpp"
#include "output/terminal.hpp"

namespace quarry::cli {

// What the program asks of libtorch. CMake compiles present.cpp, or absent.cpp
// in a build without libtorch.

/// Raises `model.no_libtorch` in a build without libtorch, naming the command.
/// What needs a model calls it first; the rest of this page may then be used.
void expect_torch(const std::string& command);

/// A model file, ready to run.
struct LoadedModel {
  AnyModel model;
  ModelCard card;
  std::string file;
  std::string device;     ///< "cpu", "cuda:0"
  std::string precision;  ///< what it computes in: "fp32"
};

/// Loads `--model` onto `--device` in `--precision` and notes what an operator
/// should know. Raises `model.*`, `card.*`, `json.invalid`.
LoadedModel load_model(const Flags& flags, Terminal& terminal);

/// Where set strategies multiply rows for such a model: on its GPU; null where
/// it has none, or, with a note, where that does not do.
std::shared_ptr<SelectDevice> select_device_of(const LoadedModel& model,
                                               Terminal& terminal);

/// A built-in net that learns. Copies share its weights.
struct TrainableNet {
  AnyModel model;
  std::string device;
  std::function<FitReport(const TrainingSet&, const FitOptions&)> fit;
  std::function<void(const std::filesystem::path&)> save;
};

/// A new one. Raises `model.unknown_net`, `model.option`, `model.device`.
TrainableNet new_net(const std::string& name, const NetOptions& options,
                     Terminal& terminal);

/// `quarry::use_threads`.
void use_torch_threads(std::size_t count);

/// The nets that `train` knows; none without libtorch.
std::vector<NetInfo> nets();

/// What `doctor` says of libtorch; nothing without it.
std::optional<TorchRuntimeInfo> torch_info();

/// Ends the process, for which libtorch alone would take 50 ms: at once, when
/// it is there.
[[noreturn]] void leave(ExitCode code);

}  // namespace quarry::cli
