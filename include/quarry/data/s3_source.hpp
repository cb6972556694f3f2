#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/data/concept.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

namespace quarry {

struct S3SourceOptions {
  /// Endings of the keys that are samples, without the dot and whatever their
  /// case. Empty: every key is, but for those that end in a slash.
  std::vector<std::string> extensions = {"jpg", "jpeg", "png"};
  S3Options s3 = {};
  NetworkOptions network = {};
};

/// The objects of a bucket, or those below a prefix, ordered by the bytes of
/// their keys. An `AsyncSource`.
///
/// - Speaks to AWS and to any service that speaks S3; signs requests itself
///   (Signature Version 4).
/// - id: the key after the last slash of the prefix; uri: `s3://bucket/key`.
/// - The bucket is listed once, when the source is made. An object that has
///   changed since then fails with `s3.changed`: a pool does not change
///   underfoot.
///
/// Raises `s3.*` and `net.*`, `source.duplicate_id` never. O(n log n); 60 bytes
/// and the key an object.
class S3Source {
 public:
  /// "s3://bucket/prefix".
  explicit S3Source(std::string_view uri, const S3SourceOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: `net.*`, `s3.*`.
  Result<Bytes> read(std::size_t i) const;
  void read_async(std::size_t i, ReadDone done) const;

  /// Objects under the prefix that are no samples.
  std::size_t ignored() const noexcept;
  /// What the service did so far.
  NetworkStats network() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
