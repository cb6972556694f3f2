#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "quarry/data/concept.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

namespace quarry {

struct TfRecordSourceOptions {
  /// The feature that holds the encoded image. Empty: the first of
  /// image/encoded, image, image_raw, encoded, jpg, jpeg and png that holds
  /// bytes, else the only one that begins like a JPEG or PNG.
  std::string image_feature = {};
  /// The feature that holds the truth. Empty: the first of image/class/text,
  /// label, image/class/label, class, cls and target that has one value. With a
  /// name, indices beside the shards are not used: they hold what was found
  /// without.
  std::string label_feature = {};
  NetworkOptions network = {};
  S3Options s3 = {};

  /// Raises `net.option`.
  void validate() const;
};

/// The images in TFRecord files ("shards") of tf.Example messages, as
/// TensorFlow writes them, in the order of the shards and of the records in
/// each. An `AsyncSource` that says with `is_async()` whether anything is
/// remote.
///
/// - `pattern` names the shards as for `TarSource`:
///   `train-{00000..00009}-of-00010`, `s3://bucket/train-*.tfrecord`. What is
///   compressed with gzip, zlib, Zstandard or xz is unpacked once, into a
///   temporary file.
/// - id: `shard#number`, the shard's path below the folder of the pattern and
///   the record's place in it, from 0; uri: the shard's, and the same fragment;
///   truth: the label's text or number.
/// - A record whose checksum does not fit fails with `tfrecord.corrupt`, one
///   that is no tf.Example with `tfrecord.example`, one without the image with
///   `tfrecord.feature`, which names what it has.
/// - Of a shard that is cut off, or in which the checksum of a length does not
///   fit, the records before are samples, and one more, called
///   `(damaged from byte N)`, fails and says how many bytes cannot be read.
///
/// Records are found and labels read when the source is made, or in the sidecar
/// `SHARD.qidx`. Without a sidecar a remote shard is read whole for it.
///
/// Raises `source.not_found`, `source.format` for what is no TFRecord file,
/// `source.pattern`, `shard.index`, `file.*`, `net.*`, `s3.*`.
class TfRecordSource {
 public:
  explicit TfRecordSource(std::string_view pattern,
                          const TfRecordSourceOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: `tfrecord.*`, `shard.*`, `net.*`, `s3.*`.
  Result<Bytes> read(std::size_t i) const;
  /// A local record is read on the calling thread.
  void read_async(std::size_t i, ReadDone done) const;
  /// Whether any shard is read over a network.
  bool is_async() const noexcept;

  /// What the hosts did so far.
  NetworkStats network() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
