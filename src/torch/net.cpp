#include <functional>
#include <sstream>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"
#include "quarry/model/detail/torch_module_core.hpp"
#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_nets.hpp"

#include "model/option.hpp"
#include "torch/device.hpp"
#include "torch/dropout_net.hpp"
#include "torch/export.hpp"
#include "torch/precision.hpp"
#include "torch/script.hpp"
#include "torch/snapshot.hpp"

namespace quarry {
namespace {

/// A network behind its base class, and how it is run.
struct Made {
  std::shared_ptr<torch::nn::Module> module;
  detail::TorchEngine::Forward forward;
};

template <class Net>
Made made(Net net) {
  return {net.ptr(), [net](const at::Tensor& x) mutable {
            return detail::to_output(net->forward(x));
          }};
}

Made make_small_cnn(const NetOptions& options) {
  return made(SmallCnn(SmallCnnOptions{.classes = options.classes.size(),
                                       .channels = options.channels,
                                       .dropout = options.dropout,
                                       .seed = options.seed}));
}

Made make_resnet18(const NetOptions& options, ResNetStem stem) {
  return made(ResNet18(ResNet18Options{.classes = options.classes.size(),
                                       .channels = options.channels,
                                       .stem = stem,
                                       .dropout = options.dropout,
                                       .seed = options.seed}));
}

struct Entry {
  const char* name;
  const char* summary;
  Made (*make)(const NetOptions&);
};

constexpr Entry entries[] = {
    {"small_cnn",
     "four convolutions, 0.24 M parameters; trains on a CPU in minutes",
     make_small_cnn},
    {"resnet18",
     "ResNet-18, 11.2 M parameters, torchvision's names; for photos",
     [](const NetOptions& o) {
       return make_resnet18(o, ResNetStem::imagenet);
     }},
    {"resnet18_cifar",
     "ResNet-18 without early downsampling; for images of about 32 x 32",
     [](const NetOptions& o) {
       return make_resnet18(o, ResNetStem::cifar);
     }},
};

ModelCard card_of(const NetOptions& options) {
  ModelCard card{.height = options.height,
                 .width = options.width,
                 .channels = options.channels};
  card.preprocess.mean.assign(options.channels, 0.5);
  card.preprocess.std.assign(options.channels, 0.25);
  card.classes = options.classes;
  card.outputs = {"logits", "embeddings"};
  return card;
}

}  // namespace

void NetOptions::validate() const {
  const detail::OptionCheck require("NetOptions");
  require(!classes.empty(), "classes is empty, but must name at least one");
  require(height >= 8,
          "height is " + std::to_string(height) + ", but must be at least 8");
  require(width >= 8,
          "width is " + std::to_string(width) + ", but must be at least 8");
  require(channels >= 1, "channels is 0, but must be at least 1");
  require(dropout >= 0.0 && dropout < 1.0,
          "dropout is " + std::to_string(dropout) +
              ", but must be at least 0 and below 1");
  require(batch >= 1, "batch is 0, but must be at least 1");
}

std::vector<NetInfo> built_in_nets() {
  std::vector<NetInfo> nets;
  for (const Entry& entry : entries) {
    nets.push_back({.name = entry.name, .summary = entry.summary});
  }
  return nets;
}

/// Trained as a torch::nn module, run as frozen TorchScript: faster, and to the
/// bit what `TorchScriptModel` gives for the saved file.
struct TorchNet::State {
  State(const Made& made, const ModelCard& card, const NetOptions& options)
      : module(made.module),
        core(made.module, card, {.device = options.device}, made.forward),
        precision(options.precision),
        batch(options.batch) {
    refresh(precision);
    notes = core.notes();
    if (precision == Precision::automatic) {
      notes.insert(notes.end(), checks.begin(), checks.end());
      checks.clear();
      precision = engine->precision();
    }
  }

  /// What runs the weights of now; what ran before where that cannot be made.
  void refresh(Precision wanted) {
    const c10::InferenceMode normal(false);
    auto fresh = std::make_unique<detail::LazyDropout>();
    detail::ChosenEngine chosen =
        detail::choose_engine(wanted, batch, [this](Precision tried) {
          return detail::make_script_engine(
              core.engine().card(), core.engine().device(), tried,
              [this] { return detail::to_script(*module); });
        });
    engine = std::move(chosen.engine);
    checks = std::move(chosen.notes);
    dropout = std::move(fresh);
  }

  /// The weights are others. In fp32 where they no longer run as is wanted:
  /// what runs must be what the fingerprint tells of.
  void renew() {
    try {
      return refresh(precision);
    } catch (const Error& error) {
      if (error.id() != "model.precision") throw;
      const std::string why =
          "the network runs in fp32 now: " + error.failure().message;
      refresh(Precision::fp32);
      checks.push_back(why);
    }
  }

  std::shared_ptr<torch::nn::Module> module;
  detail::TorchModuleCore core;
  Precision precision;
  std::size_t batch;
  std::shared_ptr<const detail::TorchEngine> engine;
  std::vector<std::string> notes;                // of how it was made
  std::vector<std::string> checks;               // of the weights of now
  std::unique_ptr<detail::LazyDropout> dropout;  // of the weights of now
};

TorchNet::TorchNet(std::shared_ptr<State> state) : state_(std::move(state)) {}

TorchNet make_net(std::string_view name, const NetOptions& options) {
  options.validate();
  std::string known;
  for (const Entry& entry : entries) {
    if (entry.name == name) {
      // The card is checked before a network is made for it.
      const ModelCard card =
          ModelCard::parse(card_of(options).to_json(), "NetOptions");
      return TorchNet(std::make_shared<TorchNet::State>(entry.make(options),
                                                        card, options));
    }
    known += known.empty() ? entry.name : std::string(", ") + entry.name;
  }
  raise("model.unknown_net", "there is no net \"" + std::string(name) + '"',
        "nets: " + known);
}

Predictions TorchNet::infer(const SlabView& slab) {
  return state_->engine->infer(slab);
}

std::string TorchNet::backbone() const {
  return state_->engine->backbone();
}

Predictions TorchNet::head(const Matrix& embeddings) {
  return state_->engine->infer_head(embeddings);
}

const detail::DropoutNet* TorchNet::dropout() const {
  return state_->dropout->get(*state_->engine, [this] {
    const c10::InferenceMode normal(false);
    return detail::to_script(*state_->module);
  });
}

bool TorchNet::has_dropout() const {
  return dropout() != nullptr;
}

StochasticPredictions TorchNet::infer_stochastic(const SlabView& slab,
                                                 std::size_t passes,
                                                 std::uint64_t seed) {
  return detail::infer_stochastic(*state_->engine, dropout(), slab, passes,
                                  seed);
}

Matrix TorchNet::preprocess(const SlabView& slab) {
  return state_->core.preprocess(slab);
}

InputGradient TorchNet::gradient(const Matrix& inputs,
                                 const Matrix& cotangent) {
  return state_->core.gradient(inputs, cotangent);
}

SampleSpec TorchNet::input() const {
  return state_->engine->input();
}

Result<void> TorchNet::accepts(const SampleSpec& spec) const {
  return state_->engine->accepts(spec);
}

std::vector<std::string> TorchNet::classes() const {
  return state_->engine->classes();
}

std::string TorchNet::computes_with() const {
  return state_->engine->computes_with();
}

std::string TorchNet::fingerprint() const {
  return state_->core.fingerprint();
}

std::size_t TorchNet::embedding_dim() const {
  return state_->engine->embedding_dim();
}

std::shared_ptr<std::byte[]> TorchNet::make_slab(std::size_t bytes) const {
  return state_->engine->make_slab(bytes);
}

std::size_t TorchNet::default_executors(std::size_t threads) const {
  return state_->engine->default_executors(threads);
}

std::vector<std::string> TorchNet::notes() const {
  std::vector<std::string> all = state_->notes;
  all.insert(all.end(), state_->checks.begin(), state_->checks.end());
  return all;
}

FitReport TorchNet::fit(const TrainingSet& set, const FitOptions& options) {
  detail::Snapshot before(*state_->module);
  FitReport report = state_->core.fit(set, options);
  state_->renew();
  before.keep_the_new();
  return report;
}

void TorchNet::load_weights(const std::filesystem::path& file) {
  detail::Snapshot before(*state_->module);
  quarry::load_weights(*state_->module, file);
  state_->renew();
  before.keep_the_new();
}

void TorchNet::save(const std::filesystem::path& file) const {
  std::filesystem::path card = file;
  card.replace_extension(".json");
  if (card == file) {
    raise("model.option",
          "cannot save a network as " + detail::shown(file) +
              ": its card would have the same name",
          "save it as " + detail::shown(file.stem()) + ".pt");
  }
  torch::jit::Module script = detail::to_script(*state_->module);
  script.to(c10::kCPU);
  std::ostringstream out;
  script.save(out);
  const std::string weights = out.str();
  const std::string text =
      state_->core.engine().card().to_json().dump(2) + '\n';
  write_files({{file, weights}, {card, text}});
}

const ModelCard& TorchNet::card() const {
  return state_->engine->card();
}

std::string TorchNet::device() const {
  return state_->engine->device().str();
}

Precision TorchNet::precision() const {
  return state_->engine->precision();
}

}  // namespace quarry
