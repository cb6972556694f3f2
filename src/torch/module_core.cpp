#include <sstream>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "quarry/core/json.hpp"
#include "quarry/model/detail/torch_module_core.hpp"

#include "torch/device.hpp"
#include "torch/fingerprint.hpp"
#include "torch/fit.hpp"

namespace quarry::detail {

TorchModuleCore::TorchModuleCore(std::shared_ptr<torch::nn::Module> module,
                                 ModelCard card, const std::string& device,
                                 TorchEngine::Forward forward)
    : module_(std::move(module)) {
  // A card made in code is held against the same rules as one from a file.
  card = ModelCard::parse(card.to_json(), "the card");
  // What is made in inference mode can never be trained.
  const c10::InferenceMode normal(false);
  DeviceChoice choice = choose_device(device);
  notes_ = std::move(choice.notes);
  module_->to(choice.device);
  module_->eval();
  engine_ = make_engine(card, choice.device, [&](at::MemoryFormat format) {
    set_format(module_->parameters(), format);
    return forward;
  });
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

FitReport TorchModuleCore::fit(const TrainingSet& set,
                               const FitOptions& options) const {
  return fit_module(*module_, *engine_, set, options);
}

}  // namespace quarry::detail
