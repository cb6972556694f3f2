#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "quarry/model/any_model.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckModelOptions {
  /// Rows of the batches that are inferred; ≥ 2.
  std::size_t batch = 16;
  /// Two values a and b are equal when |a − b| ≤ tolerance · max(1, |a|); 0
  /// means the same bits. Model files of others: 1e-5.
  double tolerance = 0.0;
  /// What the probabilities must be: sum to 1, lie in [0, 1], or be the logits.
  Task task = Task::multiclass;
  /// Rows to try, of a spec the model accepts, used again when they are fewer
  /// than `batch`; none: random ones of `input()`.
  SlabView samples = {};
  /// Of random rows, permutations and paddings.
  std::uint64_t seed = 0;
  /// Of slopes that are measured by differences, relative to the gradient; > 0.
  double slope_tolerance = 0.02;
  /// How long a submitted batch may take before it counts as lost.
  std::chrono::milliseconds patience{60'000};
  /// Whether a `TrainableModel` is fitted, which changes it and every model
  /// that shares its weights.
  bool fit = false;
};

namespace detail {

/// What a model can do besides `infer`; what it cannot do is empty.
struct ModelRefinements {
  std::function<StochasticPredictions(const SlabView&, std::size_t,
                                      std::uint64_t)>
      infer_stochastic = {};
  std::function<bool()> has_dropout = [] {
    return true;
  };
  std::function<Matrix(const SlabView&)> preprocess = {};
  std::function<InputGradient(const Matrix&, const Matrix&)> gradient = {};
  std::function<FitReport(const TrainingSet&, const FitOptions&)> fit = {};
};

template <Model M>
ModelRefinements refinements_of(M& model) {
  ModelRefinements can;
  if constexpr (StochasticModel<M>) {
    can.infer_stochastic = [&model](const SlabView& v, std::size_t passes,
                                    std::uint64_t seed) {
      return model.infer_stochastic(v, passes, seed);
    };
  }
  if constexpr (requires { model.has_dropout(); }) {
    can.has_dropout = [&model] {
      return bool(model.has_dropout());
    };
  }
  if constexpr (DifferentiableModel<M>) {
    bool differentiable = true;
    if constexpr (requires { model.differentiable(); })
      differentiable = model.differentiable();
    if (differentiable) {
      can.preprocess = [&model](const SlabView& v) {
        return model.preprocess(v);
      };
      can.gradient = [&model](const Matrix& x, const Matrix& cotangent) {
        return model.gradient(x, cotangent);
      };
    }
  }
  if constexpr (TrainableModel<M>) {
    can.fit = [&model](const TrainingSet& set, const FitOptions& options) {
      return model.fit(set, options);
    };
  }
  return can;
}

LawReport check_model(AnyModel model, const ModelRefinements& refinements,
                      const CheckModelOptions& options);

}  // namespace detail

/// Checks the laws of a `Model` (see model/concept.hpp) on a model of your own;
/// an empty report means that none was seen broken. Takes any model;
/// `std::ref` checks one without copying it.
///
///     infer(v) has B rows, C = classes().size() columns, D = embedding_dim()
///     infer(v) twice gives equal predictions
///     infer(P v) == P infer(v)                   P permutes the rows
///     infer([x, pad])[0] == infer([x, y])[0]     pads of zeros, of 255, of x
///     replicate().infer(v) == infer(v)           on other threads, at once
///     logits and embeddings are finite
///     Σ_c probabilities(r, c) == 1 ± 1e-5        (multiclass)
///     fingerprint() is not empty and constant, and the replica's
///     accepts(input()); make_slab gives memory
///
/// and, of the refinements that it models (those that `AnyModel` hides are not
/// seen),
///
///     head(infer(v).embeddings) == infer(v), to the bit
///     submit calls done exactly once and writes infer(v) into every row
///     infer_stochastic is a function of seed and pass alone; both matter
///     infer_stochastic(P v, K, s) == P infer_stochastic(v, K, s), pass by pass
///     gradient(preprocess(v), c).logits == infer(v).logits, to 1e-4, or to
///       eight times the tolerance
///     gradient(x, 0) is 0, with the logits of gradient(x, c)
///     gradient(P x, P c) == P gradient(x, c), to 1e-5
///     gradient is the slope of Σ_c cotangent · logit, by central differences
///     fit (if asked to) changes predictions and fingerprint; its errors do not
///
/// Of each law the first violation is told, and how many followed. An exception
/// is a violation, and checking ends there. Cost: about 20 batches, and 10 for
/// every refinement.
template <Model M>
LawReport check_model(M model, const CheckModelOptions& options = {}) {
  return detail::check_model(AnyModel(std::ref(model)),
                             detail::refinements_of(model), options);
}

template <Model M>
LawReport check_model(std::reference_wrapper<M> model,
                      const CheckModelOptions& options = {}) {
  return detail::check_model(AnyModel(model),
                             detail::refinements_of(model.get()), options);
}

}  // namespace quarry::testing
