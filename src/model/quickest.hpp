#pragma once

#include <functional>

namespace quarry::detail {

/// Seconds since some moment.
using Clock = std::function<double()>;

/// A clock that only goes forward.
double steady_seconds();

/// Seconds of the quickest of a few calls, at least two and for 0.2 seconds:
/// the first, which warms up, counts only when it takes a second, and is the
/// only one then.
double quickest(const std::function<void()>& call,
                const Clock& clock = steady_seconds);

}  // namespace quarry::detail
