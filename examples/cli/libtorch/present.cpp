// What the program does with libtorch: it loads model files, makes nets and
// tells what there is.
#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/model/torch_script_model.hpp"

#include "libtorch/libtorch.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

/// Raises what went wrong with a model file again, so that it is about the
/// model and names what an operator can do.
[[noreturn]] void raise_about(const Error& error, const std::string& file) {
  Failure failure = error.failure();
  if (failure.id.text().substr(0, 5) == "file.") {
    raise("model.invalid", "--model: " + failure.message,
          "a model is a TorchScript file: NAME.pt");
  }
  const fs::path card = fs::path(file).replace_extension(".json");
  std::error_code ignored;
  if (failure.id == "model.infer" && !fs::exists(card, ignored)) {
    raise("model.infer",
          fmt::format("the model has no card {}, and it does not run on what "
                      "is assumed without one, 224 x 224 RGB: {}",
                      card.string(), failure.message),
          "write the card with the size of the model's input: {\"input\": "
          "{\"height\": 32, \"width\": 32}}");
  }
  raise(std::move(failure), error.where());
}

}  // namespace

void expect_torch(const std::string&) {}

LoadedModel load_model(const Flags& flags, Terminal& terminal) {
  // Batches run beside each other, each on one thread: picks then do not
  // depend on how many threads there are.
  use_threads(1);
  try {
    const TorchScriptModel model(flags.model, {.device = flags.device,
                                               .precision = precision_of(flags),
                                               .batch = batch_of(flags)});
    for (const std::string& note : model.notes()) terminal.note(note);
    return {model, model.card(), flags.model, model.device(),
            std::string(name_of(model.precision()))};
  } catch (const Error& error) {
    raise_about(error, flags.model);
  }
}

TrainableNet new_net(const std::string& name, const NetOptions& options,
                     Terminal& terminal) {
  TorchNet net = make_net(name, options);
  for (const std::string& note : net.notes()) terminal.note(note);
  return {
      .model = net,
      .device = net.device(),
      .fit = [net](const TrainingSet& set,
                   const FitOptions& how) mutable { return net.fit(set, how); },
      .save =
          [net](const fs::path& file) {
            net.save(file);
          }};
}

void use_torch_threads(std::size_t count) {
  use_threads(count);
}

std::vector<NetInfo> nets() {
  return built_in_nets();
}

std::optional<TorchRuntimeInfo> torch_info() {
  return torch_runtime_info();
}

}  // namespace quarry::cli
