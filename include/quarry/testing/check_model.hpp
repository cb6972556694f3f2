#pragma once

#include <cstddef>
#include <cstdint>

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
};

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
/// Of each law the first violation is told, and how many followed. An exception
/// is a violation, and checking ends there. Cost: about 20 batches.
LawReport check_model(AnyModel model, const CheckModelOptions& options = {});

}  // namespace quarry::testing
