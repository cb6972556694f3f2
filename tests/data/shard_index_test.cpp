#include "data/shard_index.hpp"

#include <random>
#include <string>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/data/tar_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "archives.hpp"
#include "catch.hpp"
#include "core/crc32c.hpp"
#include "data/shard_set.hpp"
#include "data/tar_scan.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::detail;
using test::error_id;
using test::error_message;
using test::make_tar;
using test::TempDir;

namespace {

ShardIndex example() {
  ShardIndex index("tar", 10'000);
  index.add({.name = "a.jpg", .offset = 512, .size = 900});
  index.add({.name = "\xC3\xBC\"\\.jpg",
             .truth = "cat",
             .offset = 2048,
             .size = 0,
             .crc32c = 0xFFFFFFFFU});
  index.add_failure("s.jpg", {"tar.sparse", "sparse", "do not"});
  index.add({.name = "d.jpg", .truth = "dog", .offset = 9'999, .size = 1});
  index.ignore(3);
  return index;
}

void check_same(const ShardIndex& a, const ShardIndex& b) {
  REQUIRE(a.size() == b.size());
  CHECK(a.kind() == b.kind());
  CHECK(a.shard_size() == b.shard_size());
  CHECK(a.ignored() == b.ignored());
  CHECK(a.is_damaged() == b.is_damaged());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    const ShardMember x = a[i];
    const ShardMember y = b[i];
    CHECK(x.name == y.name);
    CHECK(x.truth == y.truth);
    CHECK(x.offset == y.offset);
    CHECK(x.size == y.size);
    CHECK(x.crc32c == y.crc32c);
    REQUIRE((a.failure(i) == nullptr) == (b.failure(i) == nullptr));
    if (a.failure(i) == nullptr) continue;
    CHECK(a.failure(i)->id == b.failure(i)->id);
    CHECK(a.failure(i)->message == b.failure(i)->message);
    CHECK(a.failure(i)->hint == b.failure(i)->hint);
  }
}

ShardIndex read_back(const TempDir& dir, const std::string& text,
                     std::uint64_t size = 10'000) {
  return read_shard_index(dir.write("s.qidx", text), "s.tar.qidx", "tar", size);
}

}  // namespace

TEST_CASE("an index comes back from its sidecar as it was") {
  const TempDir dir;
  ShardIndex index = example();
  check_same(read_back(dir, index.to_text()), index);
  index.add_damage("(damaged from byte 10000)", {"tar.corrupt", "cut off", ""});
  check_same(read_back(dir, index.to_text()), index);
  const ShardIndex empty("tar", 10'000);
  check_same(read_back(dir, empty.to_text()), empty);
  // Line ends of another system, keys of another version.
  check_same(read_back(dir,
                       "{\"quarry_shard_index\":1,\"kind\":\"tar\",\"size\":"
                       "10000,\"members\":0,\"ignored\":0,\"more\":[1]}\r\n"),
             empty);
}

TEST_CASE("an index that is filtered keeps the order and the damage") {
  ShardIndex index = example();
  index.add_damage("(damaged)", {"tar.corrupt", "cut off"});
  const ShardIndex kept =
      index.filtered([](std::string_view name) { return name != "a.jpg"; });
  REQUIRE(kept.size() == 4);
  CHECK(kept[0].truth == "cat");
  CHECK(kept[0].crc32c == 0xFFFFFFFFU);
  CHECK(kept.failure(1)->id == "tar.sparse");
  CHECK(kept[2].name == "d.jpg");
  CHECK(kept[2].crc32c == std::nullopt);
  CHECK(kept.failure(2) == nullptr);
  CHECK(kept.failure(3)->id == "tar.corrupt");
  CHECK(kept.is_damaged());
  CHECK(index.filtered([](std::string_view) { return false; }).size() == 1);
}

TEST_CASE("a sidecar that does not fit is an error that names line and fix") {
  const TempDir dir;
  const std::string head =
      "{\"quarry_shard_index\":1,\"kind\":\"tar\",\"size\":10000,"
      "\"members\":1,\"ignored\":0}\n";
  const auto line = [](const std::string& fields) {
    return "{\"name\":\"a.jpg\"," + fields + "}\n";
  };
  const std::string good = line("\"offset\":512,\"size\":5");
  REQUIRE(read_back(dir, head + good).size() == 1);
  const std::vector<std::string> bad = {
      "",
      "\n",
      "not json\n",
      "[]\n",
      "{}\n",
      "<html>404</html>",
      std::string("\0\0\0", 3),
      head,                    // cut off
      head + good + good,      // too long
      head + "{\"name\":\"a",  // cut off in a line
      head + "{}\n",
      head + line("\"offset\":512"),
      head + line("\"offset\":-1,\"size\":5"),
      head + line("\"offset\":1.5,\"size\":5"),
      head + line("\"offset\":\"512\",\"size\":5"),
      head + line("\"offset\":9999,\"size\":2"),
      head + line("\"offset\":10001,\"size\":0"),
      head + line("\"offset\":18446744073709551615,\"size\":2"),
      head + line("\"offset\":2,\"size\":18446744073709551615"),
      head + line("\"offset\":99999999999999999999,\"size\":1"),
      head + line("\"offset\":512,\"size\":5,\"crc32c\":4294967296"),
      head + line("\"offset\":512,\"size\":5,\"truth\":\"\\u0007\""),
      head + line("\"offset\":512,\"size\":5,\"truth\":[\"x\"]"),
      head + "{\"name\":\"\",\"offset\":512,\"size\":5}\n",
      head + "{\"name\":\"a\\nb\",\"offset\":512,\"size\":5}\n",
      "{\"quarry_shard_index\":2,\"kind\":\"tar\",\"size\":10000,"
      "\"members\":0}\n",
      "{\"quarry_shard_index\":1,\"kind\":\"tfrecord\",\"size\":10000,"
      "\"members\":0}\n",
      "{\"quarry_shard_index\":1,\"kind\":\"tar\",\"size\":10001,"
      "\"members\":0}\n",
      "{\"quarry_shard_index\":1,\"kind\":\"tar\",\"size\":10000}\n",
      "{\"quarry_shard_index\":1,\"kind\":\"tar\",\"size\":10000,"
      "\"members\":-1}\n",
  };
  for (const std::string& text : bad) {
    CAPTURE(text);
    CHECK(error_id([&] { read_back(dir, text); }) == "shard.index");
    CHECK(error_message([&] { read_back(dir, text); }).find("s.tar.qidx") !=
          std::string::npos);
  }
  try {
    read_back(dir, head + good, 10'001);
  } catch (const Error& error) {
    CHECK(error.hint().find("quarry pack --to index") != std::string::npos);
  }
}

TEST_CASE("a damaged sidecar is an index inside the shard, or an error") {
  const TempDir dir;
  const std::string whole = example().to_text();
  std::mt19937 random(11);
  for (int round = 0; round < 5'000; ++round) {
    std::string text = whole;
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    if (random() % 3 == 0) text.resize(random() % text.size());
    CAPTURE(text);
    try {
      const ShardIndex index = read_back(dir, text);
      for (std::size_t i = 0; i < index.size(); ++i) {
        REQUIRE(index[i].offset + index[i].size <= 10'000);
        REQUIRE_FALSE(index[i].name.empty());
      }
    } catch (const Error& error) {
      REQUIRE(error.id() == "shard.index");
    }
  }
}

TEST_CASE("a shard with a sidecar is the pool that it is without") {
  const TempDir dir;
  const std::string bytes = make_tar({{"d/", "", AE_IFDIR},
                                      {"1.jpg", "one"},
                                      {"1.cls", "cat"},
                                      {"2.png", "two"},
                                      {"n.txt", "no image"}});
  const auto file = dir.write("s.tar", bytes);
  const TarSource plain(file.native());
  const ShardIndex scanned = scan_tar(ShardFile::open(local_shard(file)));
  ShardIndex summed("tar", scanned.shard_size());
  summed.ignore(scanned.ignored());
  for (std::size_t i = 0; i < scanned.size(); ++i) {
    ShardMember member = scanned[i];
    member.crc32c = crc32c(
        std::as_bytes(std::span(bytes)).subspan(member.offset, member.size));
    summed.add(member);
  }
  dir.write("s.tar.qidx", summed.to_text());
  const TarSource indexed(file.native());
  REQUIRE(indexed.size() == plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CHECK(indexed.sample(i) == plain.sample(i));
    CHECK(test::text_of(indexed, i) == test::text_of(plain, i));
  }
  CHECK(indexed.ignored() == plain.ignored());
  CHECK(testing::check_source(indexed).text() == "");

  // The sidecar is what was read: with another name in it.
  std::string renamed = summed.to_text();
  renamed.replace(renamed.find("2.png"), 5, "3.png");
  dir.write("s.tar.qidx", renamed);
  CHECK(test::ids_of(TarSource(file.native()))[1] == "s.tar#3.png");

  // Other bytes in the shard: only their member fails.
  dir.write("s.tar.qidx", summed.to_text());
  std::string changed = bytes;
  changed.replace(changed.find("one"), 3, "eno");
  dir.write("s.tar", changed);
  const TarSource broken(file.native());
  CHECK(test::text_of(broken, 0) == "[shard.corrupt]");
  CHECK(broken.read(0).error().message.find("s.tar#1.jpg") !=
        std::string::npos);
  CHECK(test::text_of(broken, 1) == "two");

  dir.write("s.tar", changed + std::string(512, '\0'));
  CHECK(error_id([&] { TarSource(file.native()); }) == "shard.index");
}

TEST_CASE("nothing is written beside a shard") {
  const TempDir dir;
  const auto file = dir.write("s.tar", make_tar({{"a.jpg", "A"}}));
  CHECK(TarSource(file.native()).size() == 1);
  CHECK(dir.entries() == 1);
}
