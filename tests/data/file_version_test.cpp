#include "data/file_version.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#include <sys/stat.h>

#include "quarry/data/directory_source.hpp"
#include "quarry/data/manifest_source.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

using detail::FileVersions;
using test::TempDir;

constexpr std::uint64_t any_size = std::numeric_limits<std::uint64_t>::max();
constexpr std::chrono::milliseconds no_time(0);

/// Until the clock of the file system has ticked.
void tick() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

struct Bench {
  TempDir dir;
  // Trusts what changed a tick ago.
  FileVersions versions{no_time};
  fs::path file = dir.write("pool/a.jpg", "first bytes");

  Bench() { tick(); }

  std::optional<std::string> of(const fs::path& path) const {
    return versions.of(path, any_size);
  }
};

/// Where the times of files are not trusted there is nothing to test.
bool trusted(const std::optional<std::string>& version) {
  if (!version)
    WARN("skipped: this file system is not trusted to tell changes");
  return version.has_value();
}

TEST_CASE("a file that stays as it is keeps its version", "[versions]") {
  const Bench bench;
  const auto version = bench.of(bench.file);
  if (!trusted(version)) return;
  CHECK(bench.of(bench.file) == version);
  CHECK(FileVersions(no_time).of(bench.file, any_size) == version);
  // It is the file's, whatever leads there.
  fs::rename(bench.dir / "pool", bench.dir / "moved");
  CHECK(bench.of(bench.dir / "moved/a.jpg") == version);
}

TEST_CASE("bytes of the same number and a time put back are another version",
          "[versions]") {
  const Bench bench;
  const auto version = bench.of(bench.file);
  if (!trusted(version)) return;
  const auto time = fs::last_write_time(bench.file);
  bench.dir.write("pool/a.jpg", "other bytes");
  fs::last_write_time(bench.file, time);
  tick();
  const auto other = bench.of(bench.file);
  REQUIRE(other);
  CHECK(fs::last_write_time(bench.file) == time);
  CHECK(other != version);
}

TEST_CASE("another file under the same name has another version",
          "[versions]") {
  const Bench bench;
  const auto time = fs::last_write_time(bench.file);
  const auto version = bench.of(bench.file);
  if (!trusted(version)) return;
  const fs::path other = bench.dir.write("b.jpg", "other bytes");
  fs::last_write_time(other, time);
  SECTION("renamed into its place") {
    fs::rename(other, bench.file);
  }
  SECTION("by a link that leads elsewhere") {
    fs::remove(bench.file);
    fs::create_symlink(other, bench.file);
  }
  tick();
  REQUIRE(bench.of(bench.file));
  CHECK(bench.of(bench.file) != version);
}

TEST_CASE("a link has the version of the file that it leads to", "[versions]") {
  const Bench bench;
  const fs::path other = bench.dir.write("b.jpg", "other bytes");
  const fs::path link = bench.dir / "link.jpg";
  tick();
  fs::create_symlink(bench.file, link);
  CHECK(bench.of(link) == bench.of(bench.file));
  fs::remove(link);
  fs::create_symlink(other, link);
  CHECK(bench.of(link) == bench.of(other));
}

TEST_CASE("a file that has just changed has no version", "[versions]") {
  // It might change again within the tick of a clock, and look the same.
  const Bench bench;
  const FileVersions versions(std::chrono::hours(1));
  CHECK(versions.of(bench.file, any_size) == std::nullopt);
  fs::last_write_time(bench.file,
                      fs::file_time_type::clock::now() - std::chrono::hours(9));
  CHECK(versions.of(bench.file, any_size) == std::nullopt);
}

TEST_CASE("what is no file to read has no version", "[versions]") {
  const Bench bench;
  const fs::path fifo = bench.dir / "fifo.jpg";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  tick();
  CHECK_FALSE(bench.of(fifo));
  CHECK_FALSE(bench.of(bench.dir / "none.jpg"));
  CHECK_FALSE(bench.of(bench.dir.path()));
  CHECK_FALSE(bench.of("/proc/self/status"));  // times that are made up
  if (!trusted(bench.of(bench.file))) return;
  CHECK(bench.versions.of(bench.file, 11));
  CHECK_FALSE(bench.versions.of(bench.file, 10));
}

TEST_CASE("folders and lists say the versions of their files", "[versions]") {
  const TempDir dir;
  dir.write("pool/a.jpg", "bytes");
  dir.write("list.txt", "pool/a.jpg\npool/none.jpg\n" +
                            (dir / "pool/a.jpg").string() + '\n');
  const DirectorySource folder(dir / "pool");
  const ManifestSource list(dir / "list.txt");
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  if (!trusted(folder.version(0))) return;
  CHECK(list.version(0) == folder.version(0));
  CHECK(list.version(1) == std::nullopt);
  CHECK(list.version(2) == folder.version(0));
  CHECK(DirectorySource(dir / "pool", {.max_file_bytes = 4}).version(0) ==
        std::nullopt);
}

}  // namespace
}  // namespace quarry
