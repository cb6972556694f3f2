#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/model/torch_script_model.hpp"

#include "model/option.hpp"
#include "torch/device.hpp"
#include "torch/dropout_net.hpp"
#include "torch/input_gradient.hpp"
#include "torch/model_file.hpp"
#include "torch/precision.hpp"
#include "torch/script.hpp"

namespace quarry {
namespace {

/// What nearly every network published for ImageNet was trained with.
ModelCard imagenet_card() {
  ModelCard card;
  card.preprocess = {.resize = 256,
                     .crop = 224,
                     .mean = {0.485, 0.456, 0.406},
                     .std = {0.229, 0.224, 0.225}};
  return card;
}

}  // namespace

struct TorchScriptModel::State {
  std::filesystem::path file;
  std::shared_ptr<const detail::TorchEngine> engine;
  std::string fingerprint;
  std::vector<std::string> notes;
  detail::LazyDropout dropout;
  detail::LazyForward differentiable;

  /// What the file holds, once more. Raises `model.changed`.
  Bytes read_again(const ModelCard& card) const;
};

Bytes TorchScriptModel::State::read_again(const ModelCard& card) const {
  Bytes bytes = detail::read_model_file(file);
  if (detail::fingerprint_of(bytes, card) != fingerprint) {
    raise("model.changed",
          detail::shown(file) + " has changed since it was loaded",
          "load it again");
  }
  return bytes;
}

TorchScriptModel::TorchScriptModel(const std::filesystem::path& file,
                                   const TorchScriptOptions& options) {
  const detail::OptionCheck require("TorchScriptOptions");
  require(options.batch >= 1, "batch is 0, but must be at least 1");
  auto state = std::make_shared<State>();
  state->file = file;
  std::optional<Bytes> bytes = detail::read_model_file(file);
  const std::string name = detail::shown(file);

  std::optional<ModelCard> card = detail::card_for(file, options.card);
  if (!card) {
    card = imagenet_card();
    std::filesystem::path missing = file;
    state->notes.push_back(
        detail::shown(missing.replace_extension(".json")) +
        " is not there: assuming 224 x 224 RGB (resize 256, crop 224), mean "
        "0.485 0.456 0.406, std 0.229 0.224 0.225, classes called 0, 1, ...");
  }

  detail::DeviceChoice choice = detail::choose_device(options.device);
  for (std::string& note : choice.notes)
    state->notes.push_back(std::move(note));
  state->fingerprint = detail::fingerprint_of(*bytes, *card);
  // Its memory is wanted for what is made of it.
  const auto load = [&] {
    const Bytes loaded =
        bytes ? *std::exchange(bytes, std::nullopt) : state->read_again(*card);
    return detail::load_script(loaded, name, choice.device);
  };
  detail::ChosenEngine chosen = detail::choose_engine(
      options.precision, options.batch, [&](Precision precision) {
        return detail::make_script_engine(*card, choice.device, precision,
                                          load);
      });
  state->engine = std::move(chosen.engine);
  for (std::string& note : chosen.notes)
    state->notes.push_back(std::move(note));

  state_ = std::move(state);
}

Predictions TorchScriptModel::infer(const SlabView& slab) {
  return state_->engine->infer(slab);
}

std::string TorchScriptModel::backbone() const {
  return state_->engine->backbone();
}

Predictions TorchScriptModel::head(const Matrix& embeddings) {
  return state_->engine->infer_head(embeddings);
}

const detail::DropoutNet* TorchScriptModel::dropout() const {
  const State& state = *state_;
  return state.dropout.get(*state.engine, [&] {
    return detail::load_script(state.read_again(card()),
                               detail::shown(state.file),
                               state.engine->device());
  });
}

bool TorchScriptModel::has_dropout() const {
  return dropout() != nullptr;
}

StochasticPredictions TorchScriptModel::infer_stochastic(const SlabView& slab,
                                                         std::size_t passes,
                                                         std::uint64_t seed) {
  return detail::infer_stochastic(*state_->engine, dropout(), slab, passes,
                                  seed);
}

Matrix TorchScriptModel::preprocess(const SlabView& slab) {
  return detail::preprocessed(*state_->engine, slab);
}

InputGradient TorchScriptModel::gradient(const Matrix& inputs,
                                         const Matrix& cotangent) {
  const State& state = *state_;
  const auto& forward = state.differentiable.get([&] {
    return detail::differentiable(
        detail::load_script(state.read_again(card()), detail::shown(state.file),
                            state.engine->device()),
        state.engine->format());
  });
  return detail::input_gradient(*state.engine, forward, inputs, cotangent);
}

SampleSpec TorchScriptModel::input() const {
  return state_->engine->input();
}

Result<void> TorchScriptModel::accepts(const SampleSpec& spec) const {
  return state_->engine->accepts(spec);
}

std::vector<std::string> TorchScriptModel::classes() const {
  return state_->engine->classes();
}

std::string TorchScriptModel::fingerprint() const {
  return state_->fingerprint;
}

std::string TorchScriptModel::computes_with() const {
  return state_->engine->computes_with();
}

std::size_t TorchScriptModel::embedding_dim() const {
  return state_->engine->embedding_dim();
}

std::shared_ptr<std::byte[]> TorchScriptModel::make_slab(
    std::size_t bytes) const {
  return state_->engine->make_slab(bytes);
}

std::size_t TorchScriptModel::default_executors(std::size_t threads) const {
  return state_->engine->default_executors(threads);
}

std::vector<std::string> TorchScriptModel::notes() const {
  return state_->notes;
}

const ModelCard& TorchScriptModel::card() const {
  return state_->engine->card();
}

std::string TorchScriptModel::device() const {
  return state_->engine->device().str();
}

Precision TorchScriptModel::precision() const {
  return state_->engine->precision();
}

}  // namespace quarry
