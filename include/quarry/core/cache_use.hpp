#pragma once

#include <cstdint>

namespace quarry {

/// What a run does with what earlier ones have kept.
enum class CacheUse : std::uint8_t {
  on,    ///< uses it, and keeps what is new
  read,  ///< uses it, and writes nothing
  write  ///< makes all anew, and keeps it
};

}  // namespace quarry
