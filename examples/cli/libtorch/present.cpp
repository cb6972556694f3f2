// What the program does with libtorch: it loads model files, makes nets and
// tells what there is.
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "quarry/core/error.hpp"
#include "quarry/model/committee.hpp"
#include "quarry/model/torch_aoti_model.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/strategy/torch_select_device.hpp"

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
          "a model is a TorchScript file, NAME.pt, or an AOTInductor package, "
          "NAME.pt2");
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

LoadedModel load_package(const std::string& file, const Flags& flags) {
  if (precision_of(flags) != Precision::fp32) {
    raise("model.precision",
          fmt::format("--precision {}: a compiled package computes in the "
                      "precision it was compiled for",
                      flags.precision),
          "leave out --precision, or compile the network in another");
  }
  const AotiModel model(file, {.device = flags.device});
  return {model, model.card(), file, model.device(), "compiled"};
}

/// Precisions are compared in batches; where there is too little memory in
/// smaller ones, if the size is ours to choose.
LoadedModel load_script(const std::string& file, const Flags& flags) {
  for (std::size_t batch = batch_of(flags);; batch /= 2) {
    try {
      const TorchScriptModel model(file, {.device = flags.device,
                                          .precision = precision_of(flags),
                                          .batch = batch});
      return {model, model.card(), file, model.device(),
              std::string(name_of(model.precision()))};
    } catch (const Error& error) {
      const bool smaller_may_do = flags.batch == "auto" && batch > 1 &&
                                  precision_of(flags) != Precision::fp32 &&
                                  error.id() == "model.memory";
      if (!smaller_may_do) throw;
    }
  }
}

LoadedModel load_file(const std::string& file, const Flags& flags) {
  try {
    return fs::path(file).extension() == ".pt2" ? load_package(file, flags)
                                                : load_script(file, flags);
  } catch (const Error& error) {
    raise_about(error, file);
  }
}

/// Makes the first of several models the committee of all of them.
void make_committee(LoadedModel& first, const Flags& flags,
                    Terminal& terminal) {
  std::vector<AnyModel> members{first.model};
  for (std::size_t k = 1; k < flags.models.size(); ++k) {
    LoadedModel member = load_file(flags.models[k], flags);
    const Preprocess& pre = first.card.preprocess;
    if (member.card.preprocess.resize != pre.resize ||
        member.card.preprocess.crop != pre.crop) {
      raise("model.committee",
            fmt::format("{} resizes or crops otherwise than {}",
                        flags.models[k], flags.models.front()),
            "samples are decoded once, for all members of a committee");
    }
    members.push_back(std::move(member.model));
  }
  const Committee committee(std::move(members));
  const std::size_t passes = flags.passes.value_or(0);
  if (passes != 0 && passes != committee.members()) {
    raise("pipeline.members",
          fmt::format("--passes {}: the committee has {} members, a pass each",
                      passes, committee.members()),
          "leave out --passes");
  }
  terminal.note(fmt::format("a committee of {}; {} of them run whole",
                            committee.members(), committee.backbones()));
  first.model = committee;
  first.file = fmt::format("{}", fmt::join(flags.models, ", "));
}

}  // namespace

void expect_torch(const std::string&) {
  // Compiled packages then say what does not fit, instead of reading beyond it.
  // Now, since no other thread reads the environment yet.
  setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", /*overwrite=*/0);
}

LoadedModel load_model(const Flags& flags, Terminal& terminal) {
  // Batches run beside each other, each on one thread: picks then do not
  // depend on how many threads there are.
  use_threads(1);
  LoadedModel loaded = load_file(flags.models.front(), flags);
  if (flags.models.size() > 1) make_committee(loaded, flags, terminal);
  for (const std::string& note : loaded.model.notes()) terminal.note(note);
  return loaded;
}

std::shared_ptr<SelectDevice> select_device_of(const LoadedModel& model,
                                               Terminal& terminal) {
  if (model.device == "cpu") return nullptr;
  try {
    return torch_select_device({.device = model.device});
  } catch (const Error& error) {
    terminal.note("the processor selects: " + error.failure().message);
    return nullptr;
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

void leave(ExitCode code) {
  std::fflush(nullptr);
  ::_exit(code);  // sanitizers have their say
}

}  // namespace quarry::cli
