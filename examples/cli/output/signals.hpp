#pragma once

#include <stop_token>

namespace quarry::cli {

/// From now on the first SIGINT or SIGTERM requests a stop, and the second ends
/// the program as if nobody had caught it. Call it once, before any thread is
/// started: the threads to come leave these signals alone.
std::stop_token stop_on_signals();

}  // namespace quarry::cli
