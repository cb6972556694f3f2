#pragma once

#include "quarry/core/json.hpp"
#include "quarry/net/network_stats.hpp"

namespace quarry {

/// An array with an object a host, its members called as in `HostStats`.
Json to_json(const NetworkStats& network);

}  // namespace quarry
