#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/caching_reactor.hpp"
#include "net/credentials.hpp"
#include "net/sigv4.hpp"

namespace quarry::detail {

struct S3Object {
  std::string key;
  std::string etag;
  std::uint64_t size = 0;
};

/// One page of a ListObjectsV2.
struct S3Page {
  std::vector<S3Object> objects;
  std::string next;  ///< the token of the next page; empty on the last
};

/// Understands the XML of a page. Failures: `s3.answer`.
Result<S3Page> parse_s3_page(const Bytes& xml);

/// A service that speaks S3, as one user. Thread-safe.
class S3Client {
 public:
  /// Raises `net.url` for an endpoint that is none, `s3.region` for a region
  /// that is no name.
  S3Client(std::shared_ptr<CachingReactor> reactor, AwsSettings settings);

  /// A request for one object, or a part of it; with `etag`, only for that
  /// version of it. Whole, it is checked against `size`, and against its ETag
  /// where that is the MD5.
  Request get(const S3Uri& uri, std::string etag,
              std::optional<ByteRange> range = std::nullopt,
              std::optional<std::uint64_t> size = std::nullopt) const;

  /// All objects whose keys begin with `prefix`, ordered by the bytes of the
  /// keys. Raises what goes wrong.
  std::vector<S3Object> list(const std::string& bucket,
                             const std::string& prefix) const;

 private:
  class State;
  struct Asked;

  Request make(Asked wanted) const;
  std::string shown(const S3Uri& uri) const;

  std::shared_ptr<CachingReactor> reactor_;
  std::shared_ptr<State> state_;
};

}  // namespace quarry::detail
