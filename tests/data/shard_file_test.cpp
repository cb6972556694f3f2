#include "data/shard_file.hpp"

#include <cstdlib>
#include <future>
#include <random>
#include <string>

#include "quarry/data/file_uri.hpp"

#include "archives.hpp"
#include "catch.hpp"
#include "data/spooled_file.hpp"
#include "data/unpack.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::detail;
using test::error_id;
using test::TempDir;

namespace {

/// `text` compressed by libarchive, as a stream without an archive in it.
std::string packed(const std::string& text, const char* filter) {
  archive* const a = archive_write_new();
  archive_write_set_format_raw(a);
  archive_write_add_filter_by_name(a, filter);
  std::string out(text.size() + (1 << 20), '\0');
  std::size_t used = 0;
  archive_write_open_memory(a, out.data(), out.size(), &used);
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

std::string noise(std::size_t size) {
  std::mt19937 random(3);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("a local shard is read by ranges out of a map") {
  const TempDir dir;
  const auto path = dir.write("a b.tar", "0123456789");
  const ShardFile file = ShardFile::open(local_shard(path));
  CHECK(file.name() == "a b.tar");
  CHECK(file.uri() == file_uri(path));
  CHECK(file.size() == 10);
  CHECK(file.is_local());
  CHECK_FALSE(file.damage());
  CHECK(file.read(3, 4)->text() == "3456");
  CHECK(file.read(10, 0)->empty());
  // The same memory, not a copy.
  CHECK(file.read(3, 4)->data() == file.read(0, 10)->data() + 3);
  std::string got;
  file.read(8, 2, [&](Result<Bytes> bytes) { got = bytes->text(); });
  CHECK(got == "89");
  CHECK(error_id([&] { (void)file.read(9, 2); }) == "contract.violated");
  CHECK(error_id([&] { (void)file.read(11, 0); }) == "contract.violated");
  CHECK(error_id([&] { ShardFile::open(local_shard(dir / "not there")); }) ==
        "file.not_found");
  test::make_fifo(dir / "fifo");
  CHECK(error_id([&] { ShardFile::open(local_shard(dir / "fifo")); }) ==
        "file.not_regular");
}

TEST_CASE("a compressed shard is what it unpacks to") {
  const TempDir dir;
  const std::string text = noise(300'000);
  for (const char* filter : {"gzip", "zstd", "xz"}) {
    CAPTURE(filter);
    const std::string whole = packed(text, filter);
    const auto path = dir.write("s", whole);
    const ShardFile file = ShardFile::open(local_shard(path));
    CHECK(file.size() == text.size());
    CHECK(file.is_local());
    CHECK_FALSE(file.damage());
    CHECK(file.read(0, text.size())->text() == text);
    // Nothing stays in the folder for temporary files, nor beside the shard.
    CHECK(dir.entries() == 1);

    dir.write("s", whole.substr(0, whole.size() - 20'000));
    const ShardFile cut = ShardFile::open(local_shard(path));
    REQUIRE(cut.damage());
    CHECK(cut.damage()->id == "shard.corrupt");
    CHECK(cut.size() < text.size());
    CHECK(text.starts_with(cut.read(0, cut.size())->text()));

    std::string corrupt = whole;
    corrupt[corrupt.size() / 2] = static_cast<char>(~corrupt[whole.size() / 2]);
    dir.write("s", corrupt);
    const ShardFile broken = ShardFile::open(local_shard(path));
    CHECK((broken.damage() || broken.read(0, broken.size())->text() != text));

    dir.write("s", packed("", filter));
    CHECK(ShardFile::open(local_shard(path)).size() == 0);
  }
  // Two streams of gzip are one file.
  dir.write("s", packed("ab", "gzip") + packed("cd", "gzip"));
  CHECK(ShardFile::open(local_shard(dir / "s")).read(0, 4)->text() == "abcd");
}

TEST_CASE("who knows better says that a shard is not compressed") {
  const TempDir dir;
  const std::string text = packed("x", "gzip");
  const auto path = dir.write("s", text);
  const ShardFile file = ShardFile::open(
      local_shard(path), {},
      [](std::string_view head) { return head.starts_with("\x1F\x8B"); });
  CHECK(file.read(0, file.size())->text() == text);
}

TEST_CASE("garbage that looks compressed is unpacked, or damage") {
  const TempDir dir;
  std::mt19937 random(9);
  for (int round = 0; round < 600; ++round) {
    std::string text = packed("some text that repeats, repeats, repeats",
                              round % 3 == 0   ? "gzip"
                              : round % 3 == 1 ? "zstd"
                                               : "xz");
    for (int flips = 0; flips < 3; ++flips) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    const ShardFile file = ShardFile::open(local_shard(dir.write("s", text)));
    REQUIRE(file.read(0, file.size()).ok());
  }
}

TEST_CASE("what unpacks to more than allowed is an error") {
  const Bytes bomb = Bytes::take(packed(std::string(1 << 22, '\0'), "xz"));
  REQUIRE(bomb.size() < 10'000);
  CHECK(error_id([&] { unpack_shard(bomb, 1 << 20, "bomb"); }) ==
        "net.too_large");
  CHECK(unpack_shard(bomb, 1 << 22, "bomb").bytes.size() == 1 << 22);
}

TEST_CASE("where no temporary file can be made, that is said") {
  const TempDir dir;
  const auto path = dir.write("s", packed("x", "gzip"));
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", (dir / "nowhere").c_str(), 1);
  const std::string id = error_id([&] { ShardFile::open(local_shard(path)); });
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", kept.c_str(), 1);
  }
  CHECK(id == "file.write");
}

TEST_CASE("a window gives what is at hand, and any range") {
  const TempDir dir;
  const std::string text = noise(5'000);
  ShardWindow window(ShardFile::open(local_shard(dir.write("s", text))));
  CHECK(window.from(0)->text() == text);
  CHECK(window.from(4'000)->text() == text.substr(4'000));
  CHECK(window.read(10, 20)->text() == text.substr(10, 20));
  CHECK(window.read(4'999, 1)->text() == text.substr(4'999));
  CHECK(window.from(5'000)->empty());
  CHECK(window.read(5'000, 0)->empty());
}

TEST_CASE("a spooled file holds what was written, without a name") {
  const TempDir dir;
  SpooledFile spool;
  const std::string text = noise(100'000);
  spool.write(std::as_bytes(std::span(text)).first(1));
  spool.write(std::as_bytes(std::span(text)).subspan(1));
  CHECK(spool.size() == text.size());
  CHECK(spool.map().text() == text);
  const SpooledFile in_memory(Bytes::copy(text));
  CHECK(in_memory.map().text() == text);
  CHECK(SpooledFile(Bytes()).size() == 0);
}
