#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/s3.hpp"

namespace quarry::detail {

/// One shard that a pattern names.
struct ShardPlace {
  std::string place;      ///< an absolute path or a URL
  std::string name;       ///< below the pattern's folder; part of ids
  bool local = true;      ///< `place` is a path
  std::string etag = {};  ///< of S3, where a listing told it
};

/// `text` with its braces expanded as shells and WebDataset do: a list `{a,b}`,
/// a range `{000..010}` (as wide as its wider end, when either begins with a
/// zero), `{a..e}` or `{0..100..10}`, nested, in that order. Braces that are
/// none of these stay. Raises `source.pattern` for more than a million.
std::vector<std::string> expand_braces(std::string_view text);

/// Lists the objects of a bucket whose keys begin with that of a URI.
using ListBucket =
    std::function<std::vector<S3Object>(const std::string& prefix)>;

/// The shards that a pattern names: a path, a `file:`, `http:`, `https:`, `s3:`
/// or `gs:` URI, with braces everywhere and, but for HTTP, with `*`, `?` and
/// `[...]` (a backslash before one makes it a plain character). What one glob
/// matches is ordered by its bytes; directories, sidecars (`.qidx`) and, unless
/// asked for, hidden names are no shards; a shard named twice counts once.
///
/// A name is the path below the longest folder of the pattern without braces
/// and globs; of a URL without its query.
///
/// Raises `source.not_found` when something in the pattern names nothing, with
/// the nearest folder that is there; `source.pattern` for a glob over HTTP;
/// `source.scheme`, `source.format` (a directory), `source.unreadable`,
/// `source.uri`, `net.url`, and what listing raises.
std::vector<ShardPlace> expand_shards(std::string_view pattern,
                                      const ListBucket& list);

/// The place of one local file, whatever characters its name holds.
ShardPlace local_shard(const std::string& path);

/// Where the index of a shard lies: `SHARD.qidx` beside it.
std::string sidecar_of(const ShardPlace& shard);

/// How a shard is shown: its path, or its URL without what grants access.
std::string shown_place(const ShardPlace& shard);

}  // namespace quarry::detail
