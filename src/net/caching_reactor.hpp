#pragma once

#include <memory>

#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

#include "net/reactor.hpp"

namespace quarry::detail {

/// A `Reactor` and a `ByteCache` that are asked like the first: what sources
/// read through. Without a cache in the options the first alone; offline the
/// second alone.
///
/// - A copy whose ETag is the one that the request wants is the answer.
/// - Another copy is asked about: with If-None-Match, else If-Modified-Since,
///   and 304 answers with it.
/// - What comes whole and may be stored takes its place.
class CachingReactor {
 public:
  /// Starts the threads. With the last handle what is under way ends with
  /// `net.cancelled`, and what was fetched is written. Raises `net.option`;
  /// offline, what `ByteCache` raises.
  static std::shared_ptr<CachingReactor> start(NetworkOptions options);

  struct Core;
  explicit CachingReactor(std::shared_ptr<Core> core);  // for `start`
  ~CachingReactor();
  CachingReactor(const CachingReactor&) = delete;
  CachingReactor& operator=(const CachingReactor&) = delete;

  /// Returns at once. From any thread, `done` included, which is called once,
  /// on a thread of the reactor or the cache, and must not block.
  void fetch(Request request, FetchDone done);
  /// Waits. Not from `done`.
  Result<Response> fetch(Request request);

  /// Waits until what was fetched before is kept.
  NetworkStats stats() const;

 private:
  struct Ask;
  using AskPtr = std::shared_ptr<Ask>;

  std::shared_ptr<Core> core_;
};

/// Whether the host allows to keep its answer.
bool may_be_kept(const Request& request, const Response& response);

/// What to remember of an answer; no Last-Modified that was too fresh to tell
/// two versions of an object apart.
struct CachedObject;
CachedObject cached_object(const Request& request, const Response& response);

}  // namespace quarry::detail
