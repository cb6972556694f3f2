#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "quarry/net/byte_cache_options.hpp"

namespace quarry {

/// How the sources that read over a network behave. Times are in seconds.
struct NetworkOptions {
  /// Requests under way at once, and connections open, to all hosts together:
  /// more than to one, so that one that hangs leaves room for others, and at
  /// most half of the descriptors that the process may have (RLIMIT_NOFILE).
  /// From 1 to 1,024. A pipeline asks for `PipelineOptions::reads` samples at
  /// once (256), and one host can hold all of these.
  std::size_t max_in_flight = 512;
  /// The most to one host, and so the most connections it sees; of FTP at most
  /// 8, each with one more for its data. The number starts at 24, or 8, grows
  /// by half while that is used and brings more answers a second (tried again
  /// after a while where it does not), and is halved when the host says it is
  /// too many (429, 503; of FTP 421, or a refused login beside others that were
  /// not), when nine of ten first bytes take three times as long as they did,
  /// and 0.1 s at least, without more answers a second, and when there is no
  /// socket for a request. From 1 to 1,024.
  std::size_t max_per_host = 256;
  /// For a connection, TLS included. > 0.
  double connect_timeout = 10.0;
  /// From the request to the first byte of the answer; of FTP to each reply.
  /// > 0.
  double first_byte_timeout = 30.0;
  /// Without 64 bytes a second for so long, an answer has stalled. ≥ 1.
  double stall_timeout = 20.0;
  /// For one attempt as a whole, however it goes on. Ten minutes are enough for
  /// `max_bytes` at 1.8 MB a second. > 0.
  double transfer_timeout = 600.0;
  /// Further attempts after a failure that may pass: a broken connection, a
  /// time-out, an answer cut short, no socket here, 408, 429, 500, 502, 503,
  /// 504. Those that find a host away do not count, see `outage`, nor those
  /// without a socket while others have one. From 0 to 20.
  std::size_t retries = 5;
  /// The n-th further attempt waits a random time from 0 to
  /// min(max_backoff, backoff · 2ⁿ⁻¹) ("full jitter"), besides what the host
  /// asks for with Retry-After, up to two minutes. After 429 and 503 nothing
  /// is asked of the host for so long. After a broken connection or an error of
  /// the server (any other 5xx) the next attempt has a connection of its own.
  /// > 0.
  double backoff = 0.2;
  double max_backoff = 20.0;
  /// A host that has not been reached for so long while asked is given up:
  /// with it the run, unless other hosts serve. One that has never answered is
  /// given up after 5 s. It is away after 8 failures in a row (to connect, or
  /// of 8 objects to get any byte); from then on one request at growing
  /// intervals finds out whether it is back, after it was given up, too. > 0.
  double outage = 60.0;
  /// Ask a second time when the first byte takes longer than it did for 95 % of
  /// the answers of a host: for at most one request in twenty, within the
  /// limits above, and not for 5 s after the host has said that it is too many.
  /// Not for what is known to be larger than 1 MiB: the size that a bucket
  /// tells, or the part of a shard that is asked for.
  bool hedge = true;
  /// A larger object is a failure, found out before it is read where the host
  /// says its size. Default: 1 GiB; ≥ 1.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// A file of PEM certificates to trust, and no others.
  std::filesystem::path ca_file = {};
  /// Look up user and password in `~/.netrc`.
  bool netrc = false;
  /// Copies of what was fetched, kept between runs. Default: none are.
  ByteCacheOptions cache = {};

  /// Raises `net.option` naming field, value and constraint.
  void validate() const;
};

}  // namespace quarry
