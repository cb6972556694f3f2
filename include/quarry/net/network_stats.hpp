#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"

namespace quarry {

/// What one host was asked and how it answered.
struct HostStats {
  std::string host;            ///< "https://example.org:8443"
  std::uint64_t requests = 0;  ///< attempts, further ones included
  std::uint64_t answers = 0;   ///< complete answers that were of use
  std::uint64_t bytes = 0;     ///< of their bodies
  /// Objects out of the cache: nothing was asked, or the host answered that
  /// nothing has changed.
  std::uint64_t cached = 0;
  std::uint64_t connections = 0;  ///< opened
  std::uint64_t reused = 0;       ///< attempts over one that was open already
  std::uint64_t retries = 0;
  std::uint64_t hedges = 0;  ///< second requests to a slow host
  /// Answers "too many": 429 and 503; of FTP 421 and refused logins beside
  /// others that were not.
  std::uint64_t throttled = 0;
  std::uint64_t failed = 0;  ///< requests given up
  double p50 = 0.0;  ///< median time of an answer, in seconds, within 5 %
  double p99 = 0.0;
};

/// By host, in the order in which they were first asked.
struct NetworkStats {
  std::vector<HostStats> hosts;
  /// Why the cache was not used, or not filled: one of a kind. The run goes on
  /// without. Whoever asks waits until what was fetched before is kept, so that
  /// what prevents it is here; in the callback of a read that came over the
  /// network nobody waits.
  std::vector<Failure> cache_failures = {};
};

}  // namespace quarry
