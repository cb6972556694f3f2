#pragma once

#include <chrono>
#include <cstddef>

#include "quarry/data/any_source.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckSourceOptions {
  /// How many samples are read, spread evenly over the source; what needs no
  /// reading is checked on all. ≥ 1.
  std::size_t samples = 256;
  /// How long one `read` may take before it counts as blocking for ever.
  std::chrono::milliseconds patience{10'000};
};

/// Checks the laws of a `DataSource` (see data/concept.hpp) on a source of your
/// own; an empty report means that none was seen broken. Takes any source;
/// `std::ref` checks one that is dear to copy, and then a read that never
/// returns must not outlive it.
///
///     size() is constant
///     sample(i) == sample(i), ids are unique and not empty
///     read(i) twice, also on many threads: equal bytes, or failures
///     read(i) returns and never throws
///     read_async(i, done) calls done exactly once, with what read(i) gives
///     samples of one version(i) give equal bytes, and it never throws
///
/// Of each law the first violation is told, and how many followed. Cost:
/// O(size) `sample` and 5 × `samples` reads. A read that blocks is left behind
/// on its thread, and checking ends there.
LawReport check_source(const AnySource& source,
                       const CheckSourceOptions& options = {});

}  // namespace quarry::testing
