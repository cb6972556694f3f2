#include <sstream>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>

#include "quarry/core/json.hpp"
#include "quarry/model/detail/torch_module_core.hpp"

#include "model/option.hpp"
#include "torch/device.hpp"
#include "torch/fingerprint.hpp"
#include "torch/fit.hpp"
#include "torch/input_gradient.hpp"
#include "torch/precision.hpp"

namespace quarry::detail {

namespace {

/// While it lives, this thread computes in a lower precision what bears it.
class Autocast {
 public:
  Autocast(c10::DeviceType device, at::ScalarType type)
      : device_(device),
        enabled_(at::autocast::is_autocast_enabled(device)),
        cached_(at::autocast::is_autocast_cache_enabled()),
        type_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device, true);
    at::autocast::set_autocast_dtype(device, type);
    // It is shared by all threads, and weights may change.
    at::autocast::set_autocast_cache_enabled(false);
  }
  ~Autocast() {
    at::autocast::set_autocast_enabled(device_, enabled_);
    at::autocast::set_autocast_dtype(device_, type_);
    at::autocast::set_autocast_cache_enabled(cached_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  bool enabled_;
  bool cached_;
  at::ScalarType type_;
};

TorchEngine::Forward autocast(c10::DeviceType device, at::ScalarType type,
                              TorchEngine::Forward forward) {
  return [=](const at::Tensor& input) {
    const Autocast lower(device, type);
    return forward(input);
  };
}

}  // namespace

TorchModuleCore::TorchModuleCore(std::shared_ptr<torch::nn::Module> module,
                                 ModelCard card, const ModuleRun& run,
                                 TorchEngine::Forward forward)
    : module_(std::move(module)) {
  const OptionCheck require("TorchModuleOptions");
  require(run.batch >= 1, "batch is 0, but must be at least 1");
  // A card made in code is held against the same rules as one from a file.
  card = ModelCard::parse(card.to_json(), "the card");
  // What is made in inference mode can never be trained.
  const c10::InferenceMode normal(false);
  DeviceChoice choice = choose_device(run.device);
  notes_ = std::move(choice.notes);
  module_->to(choice.device);
  module_->eval();
  exact_ = make_engine(card, choice.device, Precision::fp32,
                       [&](at::MemoryFormat format) {
                         set_format(module_->parameters(), format);
                         return TorchEngine::Network{forward};
                       });
  ChosenEngine chosen =
      choose_engine(run.precision, run.batch, [&](Precision precision) {
        if (precision == Precision::fp32) return exact_;
        return std::make_shared<const TorchEngine>(
            card, choice.device, exact_->format(), precision,
            TorchEngine::Network{
                autocast(choice.device.type(), type_of(precision), forward)});
      });
  engine_ = std::move(chosen.engine);
  for (std::string& note : chosen.notes) notes_.push_back(std::move(note));
}

std::string TorchModuleCore::fingerprint() const {
  Fingerprint fingerprint;
  std::ostringstream architecture;
  architecture << *module_;
  fingerprint.add(architecture.str());
  add_weights(*module_, fingerprint);
  fingerprint.add(to_line(engine_->card().to_json()));
  return fingerprint.text();
}

Matrix TorchModuleCore::preprocess(const SlabView& slab) const {
  return preprocessed(*exact_, slab);
}

InputGradient TorchModuleCore::gradient(const Matrix& inputs,
                                        const Matrix& cotangent) const {
  return input_gradient(
      *exact_, [this](const at::Tensor& x) { return exact_->forward(x); },
      inputs, cotangent);
}

FitReport TorchModuleCore::fit(const TrainingSet& set,
                               const FitOptions& options) const {
  return fit_module(*module_, *exact_, set, options);
}

}  // namespace quarry::detail
