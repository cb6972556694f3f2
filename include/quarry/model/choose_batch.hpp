#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "quarry/model/any_model.hpp"

namespace quarry {

struct ChooseBatchOptions {
  /// Rows of the largest batch that is tried; ≥ 1.
  std::size_t most = 512;
  /// By how much a batch must be faster than one of half its size to be worth
  /// its memory, in [0, 1).
  double gain = 0.03;
  /// No batch is tried that would take longer than so many seconds, judged by
  /// the one of half its size; > 0.
  double most_seconds = 4.0;
  /// Batches at once, a replica each on a thread of its own, as in the run that
  /// the batch is for: they share memory and caches. 1 … 1,024; an `AsyncModel`
  /// has one.
  std::size_t executors = 1;
  /// Seconds since some moment, where a single executor has a clock of its own;
  /// empty: a steady clock.
  std::function<double()> clock = {};

  /// Raises `model.option` naming field, value and constraint.
  void validate() const;
};

/// How fast batches of one size are.
struct BatchRate {
  std::size_t batch = 0;
  double rate = 0.0;  ///< rows a second, all executors together
};

struct BatchChoice {
  std::size_t batch = 0;
  std::vector<BatchRate> tried = {};  ///< from small to large
  /// For so many rows there was no memory; 0: there was always enough.
  std::size_t too_large = 0;

  /// "batch auto took 16: 8 at 900 samples/s, 16 at 1000 samples/s, 32 at …".
  std::string brief_report() const;
};

/// The batch size from where on larger batches hardly help: sizes 1, 2, 4, …
/// are measured until two in a row do not gain enough, until there is no memory
/// (`std::bad_alloc`, `model.memory`), or up to the bounds of the options.
/// Where memory runs out at a size, at most half of it is taken.
///
/// Measured on black images of `input()`, each size for about 0.2 seconds, a
/// single executor on the calling thread; the choice may be another on another
/// day. Predictions are
/// functions of the batch size in their last bits, and are kept apart.
///
/// Raises `model.option`, what `infer` raises, and `model.memory` when there is
/// none for a single row.
BatchChoice choose_batch(AnyModel model,
                         const ChooseBatchOptions& options = {});

}  // namespace quarry
