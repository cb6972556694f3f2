#include "quarry/data/index_shards.hpp"

#include <filesystem>
#include <string>

#include "quarry/data/memory_source.hpp"
#include "quarry/data/pack.hpp"
#include "quarry/data/tar_source.hpp"
#include "quarry/data/tfrecord_source.hpp"

#include "archives.hpp"
#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using test::error_id;
using test::make_tar;
using test::slurp;
using test::TempDir;
using test::text_of;

MemorySource small_pool() {
  std::vector<MemorySource::Item> items;
  for (int i = 0; i < 25; ++i) {
    const std::string id = std::to_string(i) + ".jpg";
    items.push_back({.sample = {.id = id, .uri = id, .truth = "cat"},
                     .bytes = Bytes::take("bytes of " + id)});
  }
  return MemorySource(items);
}

TEST_CASE("an index that is made anew is the one that pack wrote", "[pack]") {
  for (const PackFormat format : {PackFormat::tar, PackFormat::tfrecord}) {
    const TempDir dir;
    const PackReport packed =
        pack(small_pool(),
             {.format = format, .out = dir / "out", .shard_samples = 10});
    const fs::path first = packed.shards[0].file.native() + ".qidx";
    const std::string written = slurp(first);
    REQUIRE(written.size() > 100);
    dir.write("out/" + first.filename().native(), "old");
    const std::string pattern =
        (format == PackFormat::tar ? "tar:" : "tfrecord:") +
        (dir / "out/pool-*[dr]").native();
    const IndexReport report = index_shards(pattern);
    CHECK(report.is_complete());
    REQUIRE(report.shards.size() == 3);
    CHECK(report.shards[0].file == first);
    // The truths of a tar archive are members of their own.
    CHECK(report.shards[2].members == (format == PackFormat::tar ? 10 : 5));
    CHECK(report.shards[0].bytes == packed.shards[0].bytes);
    CHECK(slurp(first) == written);

    // Elsewhere: there they can be copied from.
    const IndexReport apart = index_shards(pattern, {.out = dir / "i/j"});
    CHECK(apart.shards[0].file == dir / "i/j" / first.filename());
    CHECK(slurp(apart.shards[0].file) == written);
  }
}

TEST_CASE("with an index a tar member that changes is found out", "[pack]") {
  const TempDir dir;
  std::string tar = make_tar({{"a.jpg", "one"}, {"b.jpg", "two"}});
  const fs::path file = dir.write("s.tar", tar);
  CHECK(index_shards("tar:" + file.native())
            .brief_report()
            .find("1 index of 2 members in ") == 0);
  tar[512] = 'O';
  dir.write("s.tar", tar);
  const TarSource source(file.native());
  CHECK(text_of(source, 0) == "[shard.corrupt]");
  CHECK(text_of(source, 1) == "two");
}

TEST_CASE("what cannot be read is in the index, too", "[pack]") {
  const TempDir dir;
  pack(small_pool(), {.format = PackFormat::tfrecord, .out = dir / "out"});
  const std::string name = "out/pool-00000-of-00001.tfrecord";
  std::string records = slurp(dir / name);
  records.resize(records.size() - 1);
  const fs::path file = dir.write(name, records);
  const IndexReport report = index_shards("tfrecord:" + file.native());
  CHECK(report.shards[0].members == 25);
  CHECK(report.shards[0].bad == 1);
  CHECK(report.brief_report().find(", 1 cannot be read") != std::string::npos);
  const TfRecordSource source(file.native());
  CHECK(text_of(source, 24) == "[tfrecord.truncated]");
}

TEST_CASE("indexing can be stopped between shards", "[pack]") {
  const TempDir dir;
  pack(small_pool(), {.out = dir / "out", .shard_samples = 5});
  std::stop_source stop;
  stop.request_stop();
  const IndexReport report = index_shards("tar:" + (dir / "out/*.tar").native(),
                                          {.stop = stop.get_token()});
  CHECK(report.shards.empty());
  CHECK(report.total == 5);
  CHECK_FALSE(report.is_complete());
  CHECK(report.brief_report().find("cancelled, 5 shards have none") !=
        std::string::npos);
}

TEST_CASE("only shards have indices", "[pack]") {
  const TempDir dir;
  CHECK(error_id([&] { index_shards(dir.path().native()); }) ==
        "source.scheme");
  CHECK(error_id([&] { index_shards("tar:" + (dir / "x*.tar").native()); }) ==
        "source.not_found");
  CHECK(error_id([&] { index_shards("tar:http://127.0.0.1:1/x.tar"); }) ==
        "pack.remote");
}

}  // namespace
}  // namespace quarry
