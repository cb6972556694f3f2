#include "quarry/data/tar_source.hpp"

#include <clocale>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/data/open_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "archives.hpp"
#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using test::error_id;
using test::error_message;
using test::ids_of;
using test::make_tar;
using test::TarMember;
using test::TempDir;
using test::text_of;
using Ids = std::vector<std::string>;

static_assert(DataSource<TarSource>);
static_assert(AsyncSource<TarSource>);
static_assert(not std::default_initializable<TarSource>);

TarSource open_tar(const fs::path& file, const TarSourceOptions& options = {}) {
  return TarSource(file.native(), options);
}

TEST_CASE("the images of tar shards are samples, shard by shard") {
  const TempDir dir;
  dir.write("b/s-001.tar", make_tar({{"x/3.png", "three"}}));
  dir.write("b/s-000.tar", make_tar({{"x/2.jpg", "two"},
                                     {"x/1.JPEG", std::string(3000, '1')},
                                     {"x/notes.txt", "no image"}}));
  const TarSource source((dir / "b/s-*.tar").native());
  CHECK(ids_of(source) ==
        Ids{"s-000.tar#x/2.jpg", "s-000.tar#x/1.JPEG", "s-001.tar#x/3.png"});
  CHECK(text_of(source, 0) == "two");
  CHECK(text_of(source, 1) == std::string(3000, '1'));
  CHECK(text_of(source, 2) == "three");
  CHECK(source.sample(0).uri == file_uri(dir / "b/s-000.tar") + "#x/2.jpg");
  CHECK(source.sample(0).truth == std::nullopt);
  CHECK(source.ignored() == 1);
  CHECK_FALSE(source.is_async());
  CHECK(source.network().hosts.empty());
  CHECK(test::await(source, 2)->text() == "three");
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("an archive without members is a pool without samples") {
  const TempDir dir;
  CHECK(open_tar(dir.write("a.tar", make_tar({}))).size() == 0);
  CHECK(open_tar(dir.write("b.tar", std::string(10240, '\0'))).size() == 0);
}

TEST_CASE("what is no tar archive is an error that names it") {
  const TempDir dir;
  for (const std::string& text :
       {std::string(), std::string("<html>not found</html>"),
        "\xFF\xD8\xFF\xE0" + std::string(5000, 'j'), std::string(700, '\1')}) {
    const fs::path file = dir.write("shard.tar", text);
    CHECK(error_id([&] { open_tar(file); }) == "source.format");
    CHECK(error_message([&] { open_tar(file); }).find("shard.tar") !=
          std::string::npos);
  }
}

TEST_CASE("every prefix of an archive loses nothing silently") {
  const TempDir dir;
  const std::string whole = make_tar({{"a.jpg", std::string(700, 'A')},
                                      {"b.jpg", std::string(512, 'B')},
                                      {"c.jpg", std::string(3, 'C')}});
  const std::size_t ends[] = {512 + 700, 512 + 1024 + 512 + 512,
                              512 + 1024 + 1024 + 512 + 3};
  const std::size_t all = 512 + 1024 + 1024 + 1024 + 1024;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const fs::path file = dir.write("s.tar", whole.substr(0, size));
    if (size < 512) {
      CHECK(error_id([&] { open_tar(file); }) == "source.format");
      continue;
    }
    const TarSource source = open_tar(file);
    std::size_t members = 0;
    for (const std::size_t end : ends) members += end <= size ? 1 : 0;
    const bool cut = size < all;
    REQUIRE(source.size() == members + (cut ? 1 : 0));
    for (std::size_t i = 0; i < members; ++i) {
      REQUIRE(text_of(source, i) == whole.substr(i == 0   ? 512
                                                 : i == 1 ? 2048
                                                          : 3072,
                                                 i == 0   ? 700
                                                 : i == 1 ? 512
                                                          : 3));
    }
    if (cut) REQUIRE(text_of(source, members) == "[tar.corrupt]");
  }
}

}  // namespace
}  // namespace quarry
