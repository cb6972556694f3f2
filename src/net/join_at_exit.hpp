#pragma once

#include <thread>

namespace quarry::detail {

/// Waits for a thread that nobody can wait for now, since it is the thread that
/// calls: when the next one comes, or at the end of the program, so that none
/// runs on while libraries clean up.
void join_at_exit(std::thread thread);

/// To be called before the first thread starts whose end shall be waited for,
/// and after the libraries that it uses have started.
void prepare_join_at_exit();

}  // namespace quarry::detail
