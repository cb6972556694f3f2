#pragma once

#include <string>
#include <string_view>

#include "quarry/core/result.hpp"

#include "data/shard_file.hpp"
#include "data/shard_index.hpp"
#include "data/shard_set.hpp"

namespace quarry::detail {

/// Which features of a tf.Example make a sample; empty: found by their names.
struct ExampleFeatures {
  std::string image = {};
  std::string label = {};
};

/// Finds the records of a TFRecord file: each is a member called by its number,
/// from 0, made of the data and the checksum after it. Its truth is what its
/// tf.Example says. See `TfRecordSource` for damage.
///
/// Raises `source.format` for what is no TFRecord file, and what reading
/// raises.
ShardIndex scan_tfrecord(const ShardFile& file,
                         const ExampleFeatures& features = {});

/// The encoded image in a member. Failures: `tfrecord.corrupt`,
/// `tfrecord.example`, `tfrecord.feature`.
Result<Bytes> image_of_record(const Bytes& member,
                              const ExampleFeatures& features = {});

/// Both as a kind of shards.
ShardKind tfrecord_kind(const ExampleFeatures& features = {});

}  // namespace quarry::detail
