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

  /// Raises `source.option`, `net.option` naming field, value and constraint.
  void validate() const;
};

/// The objects of a bucket, or those below a prefix, ordered by the bytes of
/// their keys. An `AsyncSource`.
///
/// - Speaks to AWS and to any service that speaks S3; signs requests itself
///   (Signature Version 4). With `gs:` for `s3:`, to Google's.
/// - id: the key after the last slash of the prefix; uri: `s3://bucket/key`.
/// - The bucket is listed once, when the source is made. An object that has
///   changed since then fails with `s3.changed`: a pool does not change
///   underfoot.
/// - The bytes of an object are checked against its ETag where that is their
///   MD5, as it is of what was not uploaded in parts.
///
/// Raises `source.option`, `net.option`, `net.url`, `s3.credentials`,
/// `s3.profile`, `s3.region`, `s3.bucket`, `s3.answer` and the `net.*` of the
/// listing. O(n log n) and a request a thousand objects; 70 bytes and the key
/// an object, while the bucket is listed some 200.
class S3Source {
 public:
  /// "s3://bucket/prefix" or "gs://bucket/prefix".
  explicit S3Source(std::string_view uri, const S3SourceOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: `net.*`, `s3.*`. What is wrong with the service and not with the
  /// sample stops the run.
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
