#pragma once

#include <cstddef>

#include "quarry/core/random.hpp"
#include "quarry/net/network_options.hpp"

namespace quarry::detail {

/// Seconds to wait after the `nth` failure, from 1, of a request: uniform from
/// 0 to min(max_backoff, backoff · 2ⁿ⁻¹), so that requests that failed together
/// do not come back together.
double backoff(const NetworkOptions& options, std::size_t nth,
               RandomStream& random);

}  // namespace quarry::detail
