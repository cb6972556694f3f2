#pragma once

#include <cstddef>

namespace quarry {

/// What to do about a sample that cannot be read, decoded or scored.
enum class OnError {
  skip,  ///< report it and go on, up to a fraction of the pool (the default)
  stop,  ///< stop at the first
};

/// How many bad samples a run puts up with. The defaults leave out a few and
/// stop a run that makes no sense.
struct ErrorPolicy {
  OnError on_error = OnError::skip;
  /// The run stops once more than this fraction of `size()` is bad; 0 … 1.
  double max_bad = 0.1;
  /// The run stops when the first so many samples all fail in the same way:
  /// something is wrong with the run. 0: never. Only where at least that many
  /// samples take part.
  std::size_t alike_limit = 50;
};

}  // namespace quarry
