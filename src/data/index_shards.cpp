#include "quarry/data/index_shards.hpp"

#include <system_error>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/file.hpp"

#include "core/meter.hpp"
#include "core/numbers.hpp"
#include "core/stopwatch.hpp"
#include "data/remote.hpp"
#include "data/shard_file.hpp"
#include "data/shard_pattern.hpp"
#include "data/shard_set.hpp"
#include "data/shard_writer.hpp"
#include "data/tar_scan.hpp"
#include "data/tfrecord_scan.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using detail::counted;

/// What is before the first colon, and what after.
struct ShardPool {
  detail::ShardKind kind;
  std::string_view pattern;
};

ShardPool kind_of(std::string_view pool) {
  constexpr std::string_view tar = "tar:";
  constexpr std::string_view tfrecord = "tfrecord:";
  if (pool.starts_with(tar)) {
    return {{.name = "tar", .scan = &detail::scan_tar},
            pool.substr(tar.size())};
  }
  if (pool.starts_with(tfrecord)) {
    return {detail::tfrecord_kind(), pool.substr(tfrecord.size())};
  }
  raise("source.scheme",
        "only shards have indices, and " + detail::shown(pool) +
            " is no pool of shards",
        "name it tar:PATTERN or tfrecord:PATTERN");
}

fs::path place_of_index(const detail::ShardPlace& shard, const fs::path& out) {
  if (out.empty() && !shard.local) {
    raise("pack.remote",
          "no index can be written beside " + detail::shown_place(shard),
          "name a folder for the indices (out), and copy them there");
  }
  if (out.empty()) return detail::sidecar_of(shard);
  detail::ShardPlace here = detail::local_shard((out / shard.name).native());
  const fs::path file = detail::sidecar_of(here);
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    raise("file.write",
          "cannot write " + detail::shown(file) + ": " + error.message());
  }
  return file;
}

}  // namespace

void IndexShardsOptions::validate() const {
  network.validate();
}

IndexReport index_shards(std::string_view pool,
                         const IndexShardsOptions& options) {
  options.validate();
  const detail::Stopwatch watch;
  const auto [kind, pattern] = kind_of(pool);
  std::optional<detail::RemoteReader> reader;
  reader.emplace(options.network, options.s3);
  const auto places = detail::expand_shards(
      pattern, [&](const std::string& prefix) { return reader->list(prefix); });
  IndexReport report{.total = places.size()};
  detail::Meter meter(options.progress, "index", places.size());
  for (const detail::ShardPlace& place : places) {
    if (options.stop.stop_requested() ||
        meter.update(report.shards.size(), 0) == Flow::stop) {
      break;
    }
    const fs::path file = place_of_index(place, options.out);
    if (!place.local) reader->prepare(place.place).value();
    const auto shard = detail::ShardFile::open(place, reader, kind.is_plain);
    detail::ShardIndex index = kind.scan(shard);
    if (kind.name == "tar") index = detail::with_checksums(index, shard);
    IndexedShard indexed{
        .file = file, .members = index.size(), .bytes = shard.size()};
    for (std::size_t i = 0; i < index.size(); ++i) {
      indexed.bad += index.failure(i) != nullptr ? 1 : 0;
    }
    write_file(file, index.to_text());
    report.shards.push_back(std::move(indexed));
  }
  meter.finish(report.shards.size(), 0);
  report.network = reader->stats();
  report.seconds = watch.seconds();
  return report;
}

std::string IndexReport::brief_report() const {
  std::size_t members = 0;
  std::size_t bad = 0;
  for (const IndexedShard& shard : shards) {
    members += shard.members;
    bad += shard.bad;
  }
  std::string text = counted(shards.size(), "index", "indices") + " of " +
                     counted(members, "member") + " in " +
                     detail::fixed(seconds, 1) + " s";
  if (bad != 0) text += ", " + detail::grouped(bad) + " cannot be read";
  if (!is_complete()) {
    text += "; cancelled, " +
            counted(total - shards.size(), "shard has", "shards have") +
            " none";
  }
  return text;
}

}  // namespace quarry
