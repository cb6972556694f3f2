#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace quarry {

/// What a hook answers: carry on, or stop at the next safe point and keep what
/// there is.
enum class Flow { go_on, stop };

/// How far a run is.
struct Progress {
  std::string_view stage;  ///< "score", "select", …
  std::size_t done = 0;    ///< samples or picks finished, failed ones too
  std::size_t total = 0;   ///< of how many
  std::size_t failed = 0;  ///< bad samples so far
  double seconds = 0.0;    ///< since the stage began
};

/// Called at most 10 times a second and once at the end of a stage, one call at
/// a time, from any thread.
using ProgressHook = std::function<Flow(const Progress&)>;

/// The hook that shows nothing: the template to copy.
struct NullProgress {
  Flow operator()(const Progress&) const { return Flow::go_on; }
};

}  // namespace quarry
