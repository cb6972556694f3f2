#pragma once

/// How sources read over a network, and what they tell of it.

#include "quarry/net/byte_cache_contents.hpp"  // IWYU pragma: export
#include "quarry/net/byte_cache_options.hpp"   // IWYU pragma: export
#include "quarry/net/network_json.hpp"         // IWYU pragma: export
#include "quarry/net/network_options.hpp"      // IWYU pragma: export
#include "quarry/net/network_stats.hpp"        // IWYU pragma: export
#include "quarry/net/s3_options.hpp"           // IWYU pragma: export
