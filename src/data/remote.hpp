#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/data/concept.hpp"
#include "quarry/net/s3_options.hpp"

#include "net/caching_reactor.hpp"
#include "net/s3.hpp"

namespace quarry::detail {

/// The body of the answer to a request, waited for and not.
Result<Bytes> fetch_body(CachingReactor& reactor, Request request);
void fetch_body(CachingReactor& reactor, Request request, ReadDone done);

/// What `uri` names, on a host or, with its text as it is, in a bucket.
/// Failures: `net.url`, `net.scheme`.
Result<Url> parse_remote(std::string_view uri);

/// Who asks a service for buckets, and where. Raises what is lacking.
AwsSettings settings_for(std::string_view scheme, const S3Options& s3,
                         const NetworkOptions& network);

/// Reads what URIs name, on whatever hosts. Copies share the connections.
class RemoteReader {
 public:
  /// Starts nothing before there is something to read.
  RemoteReader(const NetworkOptions& network, const S3Options& s3);

  /// To be called for every URI once, before the first is read: finds out what
  /// it takes to read it. Touches no network. Failures: those of
  /// `parse_remote`; raises what S3 lacks.
  Result<Url> prepare(std::string_view uri);

  /// What `prepare` gave.
  Result<Response> fetch(const Url& url) const;
  Result<Bytes> read(const Url& url) const;
  void read(const Url& url, ReadDone done) const;

  /// A part of it, of the version with that ETag if one is given.
  Result<Response> read_part(const Url& url, ByteRange range,
                             const std::string& etag) const;
  void read_part(const Url& url, ByteRange range, const std::string& etag,
                 FetchDone done) const;
  /// The objects of a bucket whose keys begin with that of `uri`, which need
  /// not be prepared. Raises what goes wrong.
  std::vector<S3Object> list(std::string_view uri);

  NetworkStats stats() const;
  const NetworkOptions& options() const noexcept { return network_; }

 private:
  const S3Client& client_of(const Url& url) const;
  Request request(const Url& url, const std::string& etag = {},
                  std::optional<ByteRange> range = std::nullopt) const;

  NetworkOptions network_;
  S3Options s3_options_;
  std::shared_ptr<CachingReactor> reactor_;
  std::optional<S3Client> s3_;
  std::optional<S3Client> google_;
};

}  // namespace quarry::detail
