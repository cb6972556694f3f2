#pragma once

#include <cstddef>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace quarry::detail {

/// Raises `pipeline.threads`.
[[noreturn]] void refuse_threads(std::size_t started, std::size_t wanted,
                                 std::string_view option, std::string_view why);

/// Starts threads that run `body(stop, i)` until there are `wanted`. A thread
/// ends when its stop is requested, which the end of the vector does. Raises
/// `pipeline.threads` when the system gives no more of them; `option` is the
/// one that asks for fewer.
template <class Body>
void start_threads(std::vector<std::jthread>& threads, std::size_t wanted,
                   std::string_view option, const Body& body) {
  try {
    while (threads.size() < wanted) threads.emplace_back(body, threads.size());
  } catch (const std::system_error& error) {
    refuse_threads(threads.size(), wanted, option, error.what());
  }
}

}  // namespace quarry::detail
