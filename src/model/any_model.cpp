#include "quarry/model/any_model.hpp"

#include <string>

#include "quarry/core/error.hpp"

#include "model/text.hpp"

namespace quarry {

std::string detail::text_of(const SampleSpec& spec) {
  std::string text(name_of(spec.dtype));
  text += " [";
  for (std::size_t i = 0; i < spec.shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(spec.shape[i]);
  }
  return text + ']';
}

Result<void> AnyModel::same_spec(const SampleSpec& wanted,
                                 const SampleSpec& offered) {
  if (wanted == offered) return {};
  return Failure{"model.input", "the model takes samples of " +
                                    detail::text_of(wanted) + ", not of " +
                                    detail::text_of(offered)};
}

void AnyModel::no_head() {
  raise("contract.violated", "head() of a model that is no HeadModel",
        "ask backbone() first");
}

void AnyModel::no_dropout() {
  raise("contract.violated",
        "infer_stochastic() of a model that is no StochasticModel",
        "ask has_dropout() first");
}

void AnyModel::no_gradient() {
  raise("contract.violated",
        "gradient() of a model that is no DifferentiableModel",
        "ask differentiable() first");
}

}  // namespace quarry
