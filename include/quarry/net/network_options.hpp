#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace quarry {

/// How the sources that read over a network behave. Times are in seconds.
struct NetworkOptions {
  /// Requests under way at once, to all hosts together. From 1 to 1,024.
  std::size_t max_in_flight = 128;
  /// The most to one host, and so the most connections it sees. The number
  /// starts at a few, grows while that brings more answers a second, and is
  /// halved when the host says it is too many (429, 503). From 1 to 1,024.
  std::size_t max_per_host = 64;
  /// For a connection, TLS included. > 0.
  double connect_timeout = 10.0;
  /// From the request to the first byte of the answer. > 0.
  double first_byte_timeout = 30.0;
  /// Without 64 bytes a second for so long, a transfer has stalled. ≥ 1.
  double stall_timeout = 20.0;
  /// Further attempts after a failure that may pass: a broken connection, a
  /// time-out, an answer cut short, 408, 429, 500, 502, 503, 504. From 0 to 20.
  std::size_t retries = 5;
  /// The n-th further attempt waits a random time from 0 to
  /// min(max_backoff, backoff · 2ⁿ⁻¹) ("full jitter"), or what the host asks
  /// for with Retry-After, up to two minutes. > 0.
  double backoff = 0.2;
  double max_backoff = 20.0;
  /// A host that has not been reached for so long while asked is given up:
  /// with it the run, unless other hosts still answer. > 0.
  double outage = 60.0;
  /// Ask a second time when the first byte takes longer than it did for 95 % of
  /// the answers of a host, for at most one request in twenty.
  bool hedge = true;
  /// A larger object is a failure, found out before it is read where the host
  /// says its size. Default: 1 GiB; ≥ 1.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// A file of PEM certificates to trust instead of the system's.
  std::filesystem::path ca_file = {};
  /// Look up user and password in `~/.netrc`.
  bool netrc = false;

  /// Raises `net.option` naming field, value and constraint.
  void validate() const;
};

}  // namespace quarry
