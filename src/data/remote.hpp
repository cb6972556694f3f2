#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/data/concept.hpp"
#include "quarry/net/s3_options.hpp"

#include "net/reactor.hpp"
#include "net/s3.hpp"

namespace quarry::detail {

/// The body of the answer to a request, waited for and not.
Result<Bytes> fetch_body(Reactor& reactor, Request request);
void fetch_body(Reactor& reactor, Request request, ReadDone done);

/// Reads what URIs name, on whatever hosts. Copies share the connections.
class RemoteReader {
 public:
  /// Starts nothing before there is something to read.
  RemoteReader(const NetworkOptions& network, const S3Options& s3);

  /// To be called for every URI once, before the first is read: finds out what
  /// it takes to read it. Touches no network. Failures: `net.url`,
  /// `net.scheme`; raises what S3 lacks.
  Result<void> prepare(std::string_view uri);

  /// A prepared one.
  Result<Response> fetch(std::string_view uri) const;
  Result<Bytes> read(std::string_view uri) const;
  void read(std::string_view uri, ReadDone done) const;

  /// A part of what a prepared URI names, of the version with that ETag if one
  /// is given.
  Result<Response> read_part(std::string_view uri, ByteRange range,
                             const std::string& etag) const;
  void read_part(std::string_view uri, ByteRange range, const std::string& etag,
                 FetchDone done) const;
  /// The objects of a bucket whose keys begin with that of `uri`, which need
  /// not be prepared. Raises what goes wrong.
  std::vector<S3Object> list(std::string_view uri);

  NetworkStats stats() const;
  const NetworkOptions& options() const noexcept { return network_; }

 private:
  const S3Client& client_of(std::string_view uri) const;
  Request request(std::string_view uri, const std::string& etag = {},
                  std::optional<ByteRange> range = std::nullopt) const;

  NetworkOptions network_;
  S3Options s3_options_;
  std::shared_ptr<Reactor> reactor_;
  std::optional<S3Client> s3_;
  std::optional<S3Client> google_;
};

}  // namespace quarry::detail
