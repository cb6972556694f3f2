#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "quarry/core/result.hpp"

#include "net/host.hpp"
#include "net/request.hpp"

namespace quarry::detail {

/// Called once, on the reactor's thread: must neither block nor throw. What it
/// throws all the same is lost.
using FetchDone = std::function<void(Result<Response>)>;

struct Attempt;

/// A request until it has its result.
struct Job {
  Request request;
  FetchDone done;
  Host* host = nullptr;
  /// One, or two when it is hedged; none while it waits.
  std::array<Attempt*, 2> attempts = {};
  std::size_t sent = 0;            ///< attempts so far, second ones aside
  std::size_t failed = 0;          ///< those of them that count
  std::size_t uncounted = 0;       ///< those that only found out how to ask
  std::uint64_t silent_since = 0;  ///< answers of the host at the last silence
  bool fresh_connection = false;   ///< the last one broke
  bool slow = false;               ///< was, or is to be, asked a second time
  bool undecided = false;          ///< whom its failure concerns
  bool finished = false;

  bool under_way() const noexcept { return attempts[0] != nullptr; }
  bool hedged() const noexcept { return attempts[1] != nullptr; }
};

}  // namespace quarry::detail
