#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/data/cifar10_source.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

namespace quarry {

struct OpenSourceOptions {
  /// Directories and tar shards: the name of the directory that holds a sample
  /// is its truth.
  bool truth_from_parent = false;
  /// Directories: those that are no part of the pool.
  std::vector<std::filesystem::path> exclude = {};
  /// TFRecord shards: the features that hold the encoded image and the truth;
  /// empty: found by their names.
  std::string image_feature = {};
  std::string label_feature = {};
  /// What is not local.
  NetworkOptions network = {};
  S3Options s3 = {};
  /// `cifar10:DIR` without `#train`, `#test` or `#all`.
  Cifar10Split cifar10_split = Cifar10Split::train;
};

/// A source made from a text, and what a program needs to know about it.
struct OpenedSource {
  AnySource source;
  std::string kind;       ///< a `SourceInfo::name`
  std::string name = {};  ///< the text, without what grants access
  /// The shape `[3, 32, 32]` of samples that are raw u1 pixels, channels first
  /// (`cifar10`); empty for encoded images.
  std::vector<std::size_t> raw_shape = {};
  /// Directories, buckets, shards: entries that are no samples.
  std::size_t ignored = 0;
  /// What the hosts did so far; empty when nothing is read over a network.
  std::function<NetworkStats()> network = {};
};

/// Opens what `--data` names: a directory, a manifest (`.jsonl`, `.csv`,
/// `.txt`), either also as a `file:` URI; `cifar10:DIR`, where `#test` and
/// `#all` choose the split; `tar:PATTERN`, see `TarSource`; `tfrecord:PATTERN`,
/// see `TfRecordSource`; `s3://bucket/prefix`; `ftp://host/directory/`; the URL
/// of a manifest.
///
/// Raises `source.scheme` for a scheme that this version cannot read,
/// `source.not_found` with the nearest name that exists, `source.format` for a
/// file that is no manifest, `source.uri`, and what the source itself raises.
OpenedSource open_source(std::string_view text,
                         const OpenSourceOptions& options = {});

/// Whether the text, as it stands, grants access to what it names: it holds a
/// user, a password, or the value of a signature or token.
bool grants_access(std::string_view text);

/// One way to write `--data`.
struct SourceInfo {
  std::string_view name;
  std::string_view example;
  std::string_view description;
};

/// All that `open_source` understands.
std::span<const SourceInfo> list_sources() noexcept;

}  // namespace quarry
