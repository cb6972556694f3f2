#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <stop_token>
#include <string_view>

#include "quarry/core/progress.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/pick.hpp"
#include "quarry/strategy/select_device.hpp"

namespace quarry {

/// What a set strategy is given besides the pool.
struct SelectContext {
  /// The only source of randomness: same seed, same picks.
  RandomStream random{0};
  Ties ties = Ties::hash;
  /// Ask now and then; when it is requested return the picks made so far.
  std::stop_token stop = {};
  /// Tell now and then how many picks are made; `Flow::stop` is like `stop`.
  ProgressHook progress = NullProgress{};
  /// Bytes a strategy may allocate; more is the error `strategy.memory`.
  std::size_t memory_limit = std::numeric_limits<std::size_t>::max();
  /// Threads it may use. Results do not depend on it.
  std::size_t threads = 1;
  /// Computes products of rows for kernels that can use it; picks do not depend
  /// on it. Null: the processor does.
  std::shared_ptr<SelectDevice> device = nullptr;

  /// Raises `strategy.memory`, naming both numbers, when `bytes` is more than
  /// `memory_limit`. A strategy calls it before it allocates.
  void expect_memory(std::string_view strategy, std::size_t bytes) const;
  /// The same, for a part of a strategy that goes on holding `bytes`: the part
  /// is given what they leave of the limit.
  SelectContext holding(std::string_view strategy, std::size_t bytes) const;
};

}  // namespace quarry
