#pragma once

namespace quarry::detail {

/// Has the calling thread compute as `use_threads` says, if it was ever called:
/// libtorch itself tells a new number only to threads on which it has not run
/// yet.
void take_threads();

}  // namespace quarry::detail
