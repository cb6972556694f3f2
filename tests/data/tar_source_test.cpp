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

TEST_CASE("what has the key of an image says its truth, as WebDataset does") {
  const TempDir dir;
  const TarSource source = open_tar(
      dir.write("s.tar", make_tar({{"0.cls", " 7\n"},
                                   {"0.jpg", "A"},
                                   {"1.jpg", "B"},
                                   {"1.json", R"({"label":"cat"})"},
                                   {"2.json", R"({"class":3})"},
                                   {"2.left.jpg", "C"},
                                   {"2.right.png", "D"},
                                   {"2.cls", "dog"},
                                   {"x/3.jpg", "E"},
                                   {"3.cls", "no: another key"},
                                   {"4.cls", "\xFF"},
                                   {"4.jpg", "F"},
                                   {"5.json", "{"},
                                   {"5.jpg", "G"},
                                   {"6.json", R"({"cls":[1]})"},
                                   {"6.jpg", "H"},
                                   {"7.cls", "late"},
                                   {"8.jpg", "I"},
                                   {"7.jpg", "not beside its label"}})));
  const auto truth = [&](std::size_t i) {
    return source.sample(i).truth.value_or("none");
  };
  CHECK(ids_of(source) == Ids{"s.tar#0.jpg", "s.tar#1.jpg", "s.tar#2.left.jpg",
                              "s.tar#2.right.png", "s.tar#x/3.jpg",
                              "s.tar#4.jpg", "s.tar#5.jpg", "s.tar#6.jpg",
                              "s.tar#8.jpg", "s.tar#7.jpg"});
  CHECK(truth(0) == "7");
  CHECK(truth(1) == "cat");
  CHECK(truth(2) == "dog");
  CHECK(truth(3) == "dog");
  for (const std::size_t i : {4, 5, 6, 7, 8, 9}) CHECK(truth(i) == "none");
  CHECK(source.ignored() == 0);
}

TEST_CASE("the directory of a member is its truth where that is asked for") {
  const TempDir dir;
  const fs::path file = dir.write("s.tar", make_tar({{"train/cat/1.jpg", "A"},
                                                     {"2.jpg", "B"},
                                                     {"dog/3.cls", "wolf"},
                                                     {"dog/3.jpg", "C"}}));
  const TarSource source = open_tar(file, {.truth_from_parent = true});
  CHECK(source.sample(0).truth == std::string("cat"));
  CHECK(source.sample(1).truth == std::nullopt);
  CHECK(source.sample(2).truth == std::string("wolf"));
  CHECK(open_tar(file).sample(0).truth == std::nullopt);
}

TEST_CASE("what is no plain file is ignored and counted") {
  const TempDir dir;
  const TarSource source =
      open_tar(dir.write("s.tar", make_tar({{"d.jpg/", "", AE_IFDIR},
                                            {"a.jpg", "A"},
                                            {"hard.jpg", "", AE_IFREG, "a.jpg"},
                                            {"soft.jpg", "", AE_IFLNK, "a.jpg"},
                                            {"fifo.jpg", "", AE_IFIFO},
                                            {"null.jpg", "", AE_IFCHR},
                                            {"._a.jpg", "resource fork"},
                                            {"d/._b.jpg", "resource fork"},
                                            {".hidden/b.jpg", "hidden"},
                                            {"./c.jpg", "C"}})));
  CHECK(ids_of(source) == Ids{"s.tar#a.jpg", "s.tar#c.jpg"});
  CHECK(text_of(source, 1) == "C");
  CHECK(source.ignored() == 8);
}

TEST_CASE("extensions choose what is a sample") {
  const TempDir dir;
  const fs::path file = dir.write(
      "s.tar", make_tar({{"1.txt", "A"}, {"1.json", "{}"}, {"x", "B"}}));
  CHECK(open_tar(file).size() == 0);
  CHECK(ids_of(open_tar(file, {.extensions = {"TXT", "json"}})) ==
        Ids{"s.tar#1.txt", "s.tar#1.json"});
  CHECK(open_tar(file, {.extensions = {}}).size() == 3);
  CHECK(error_id([&] { open_tar(file, {.extensions = {".jpg"}}); }) ==
        "source.option");
  CHECK(error_id([&] { open_tar(file, {.network = {.retries = 99}}); }) ==
        "net.option");
}

TEST_CASE("names are bytes in every format, whatever the locale") {
  const TempDir dir;
  const std::string umlaut = "\xC3\xBC/\xE2\x98\x83.jpg";
  const std::string latin = "caf\xE9.jpg";
  const std::string lines = "a\nb.jpg";
  const std::string deep = std::string(90, 'd') + '/' + std::string(90, 'e') +
                           '/' + std::string(120, 'f') + ".jpg";
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"C", "C.UTF-8"}) {
    REQUIRE(std::setlocale(LC_ALL, locale) != nullptr);
    for (const char* format : {"ustar", "pax", "gnutar"}) {
      CAPTURE(locale, format);
      std::vector<TarMember> members = {
          {umlaut, "A"}, {latin, "B"}, {lines, "C"}};
      const bool any_length = std::string(format) != "ustar";
      if (any_length) members.push_back({deep, "D"});
      const TarSource source =
          open_tar(dir.write("s.tar", make_tar(members, format)));
      REQUIRE(source.size() == members.size());
      CHECK(source.sample(0).id == "s.tar#" + umlaut);
      CHECK(source.sample(1).id == "s.tar#./caf%E9.jpg");
      CHECK(source.sample(2).id == "s.tar#./a%0Ab.jpg");
      CHECK(source.sample(0).uri.ends_with("s.tar#%C3%BC/%E2%98%83.jpg"));
      CHECK(source.sample(1).uri.ends_with("s.tar#caf%E9.jpg"));
      if (any_length) {
        CHECK(source.sample(3).id == "s.tar#" + deep);
        CHECK(text_of(source, 3) == "D");
      }
      CHECK(text_of(source, 0) == "A");
    }
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("two members of one name are an error that names both") {
  const TempDir dir;
  const fs::path file = dir.write(
      "s.tar", make_tar({{"a.jpg", "1"}, {"b.jpg", "2"}, {"./a.jpg", "3"}}));
  CHECK(error_id([&] { open_tar(file); }) == "source.duplicate_id");
  CHECK(
      error_message([&] { open_tar(file); })
          .find("samples 1 (at byte 512) and 3 (at byte 2560) are both called "
                "a.jpg") != std::string::npos);
  // Where the sign between shard and member stands twice.
  dir.write("x/s", make_tar({{"b#c.jpg", "1"}}));
  dir.write("x/s#b", make_tar({{"c.jpg", "1"}}));
  CHECK(error_id([&] { TarSource((dir / "x/*").native()); }) ==
        "source.duplicate_id");
}

TEST_CASE("a member that is stored sparsely fails, and no other") {
  const TempDir dir;
  const TarSource source = open_tar(dir.write(
      "s.tar",
      make_tar({{"a.jpg", "A"},
                {"b.jpg", std::string(1 << 20, '\0'), AE_IFREG, "", true},
                {"c.jpg", "C"}},
               "pax")));
  CHECK(ids_of(source) == Ids{"s.tar#a.jpg", "s.tar#b.jpg", "s.tar#c.jpg"});
  CHECK(text_of(source, 1) == "[tar.sparse]");
  CHECK(text_of(source, 2) == "C");
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("compressed shards are unpacked, as far as they go") {
  const TempDir dir;
  std::vector<TarMember> members;
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(2000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    members.push_back({std::to_string(i) + ".jpg", bytes});
  }
  for (const char* filter : {"gzip", "zstd", "xz"}) {
    CAPTURE(filter);
    const std::string packed = make_tar(members, "ustar", filter);
    const TarSource source = open_tar(dir.write("s.tar.x", packed));
    REQUIRE(source.size() == members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
      REQUIRE(text_of(source, i) == members[i].bytes);
    }
    CHECK_FALSE(source.is_async());
    // Cut off: what is there, and what is not.
    const TarSource cut =
        open_tar(dir.write("cut.x", packed.substr(0, packed.size() / 2)));
    REQUIRE(cut.size() >= 1);
    REQUIRE(cut.size() < members.size());
    for (std::size_t i = 0; i + 1 < cut.size(); ++i) {
      REQUIRE(text_of(cut, i) == members[i].bytes);
    }
    CHECK(text_of(cut, cut.size() - 1) == "[tar.corrupt]");
    CHECK(cut.read(cut.size() - 1).error().message.find("unpacked") !=
          std::string::npos);
  }
  // Packed, but nothing that is an archive.
  for (const std::string& text :
       {std::string("\x1F\x8B\x08garbage"), std::string("\x28\xB5\x2F\xFD")}) {
    const fs::path file = dir.write("g.tar.x", text);
    CHECK(error_id([&] { open_tar(file); }) == "source.format");
  }
}

TEST_CASE("archives that follow each other in one file are all read") {
  const TempDir dir;
  const TarSource source = open_tar(dir.write(
      "s.tar", make_tar({{"a.jpg", "A"}}) + make_tar({{"b.jpg", "B"}})));
  CHECK(ids_of(source) == Ids{"s.tar#a.jpg", "s.tar#b.jpg"});
  CHECK(text_of(source, 1) == "B");
}

TEST_CASE(
    "damage ends a shard, and what lies behind it is a sample that fails") {
  const TempDir dir;
  std::string bytes =
      make_tar({{"a.jpg", "A"}, {"b.jpg", "B"}, {"c.jpg", "C"}});
  bytes[1024 + 5] = 'X';  // in the header of b.jpg
  const TarSource source = open_tar(dir.write("s.tar", bytes));
  CHECK(ids_of(source) == Ids{"s.tar#a.jpg", "s.tar#(damaged from byte 1024)"});
  const Failure failure = source.read(1).error();
  CHECK(failure.id == "tar.corrupt");
  CHECK(failure.blame == Blame::sample);
  CHECK(failure.message.find(std::to_string(bytes.size() - 1024) + " bytes") !=
        std::string::npos);
  CHECK(testing::check_source(source).text() == "");
  // Garbage after the end is told, too.
  CHECK(text_of(open_tar(dir.write("t.tar", make_tar({{"a.jpg", "A"}}) +
                                                std::string(700, 'x'))),
                1) == "[tar.corrupt]");
}

TEST_CASE("flipped bits never make up bytes") {
  const TempDir dir;
  const std::string whole = make_tar({{"a.jpg", std::string(600, 'A')},
                                      {std::string(120, 'n') + ".jpg", "B"},
                                      {"c.cls", "cat"},
                                      {"c.jpg", std::string(1500, 'C')}},
                                     "pax");
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    std::size_t first = bytes.size();
    for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
      const std::size_t at = random() % bytes.size();
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      first = std::min(first, at);
    }
    CAPTURE(round, first);
    const fs::path file = dir.write("s.tar", bytes);
    try {
      const TarSource source = open_tar(file);
      for (std::size_t i = 0; i < source.size(); ++i) {
        const Result<Bytes> read = source.read(i);
        if (!read.ok()) {
          REQUIRE(read.error().id.text().starts_with("tar."));
          continue;
        }
        REQUIRE(bytes.find(read->text()) != std::string::npos);
      }
      // What lies before the first flip is as it was.
      if (first >= 512 + 600) {
        REQUIRE(text_of(source, 0) == std::string(600, 'A'));
      }
    } catch (const Error& error) {
      REQUIRE((error.id() == "source.format" ||
               error.id() == "source.duplicate_id"));
    }
  }
}

/// A header block of ustar, with its checksum.
std::string header(const std::string& name, const std::string& size,
                   char type) {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  block.replace(100, 8, std::string("0000644\0", 8));
  block.replace(124, size.size(), size);
  block.replace(136, 12, "00000000000 ");
  block.replace(148, 8, "        ");
  block[156] = type;
  block.replace(257, 8, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%06o", sum);
  block.replace(148, 7, std::string(text.data(), 7));
  return block;
}

TEST_CASE("headers that promise too much are damage, not memory") {
  const TempDir dir;
  const std::string good =
      header("a.jpg", "00000000001 ", '0') + "A" + std::string(511, '\0');
  const std::string end(1024, '\0');
  const auto failed_after_a = [&](const std::string& bytes) {
    const TarSource source = open_tar(dir.write("s.tar", good + bytes + end));
    return source.size() == 2 && text_of(source, 0) == "A" &&
           text_of(source, 1) == "[tar.corrupt]";
  };
  // 8 GiB, almost 2^63, and less than nothing.
  CHECK(failed_after_a(header("b.jpg", "77777777777 ", '0')));
  CHECK(failed_after_a(header(
      "b.jpg", std::string("\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12),
      '0')));
  CHECK(failed_after_a(header("b.jpg", std::string(12, '\xFF'), '0')));
  // A name of 8 GiB, pax records of 8 GiB, and of 2 MiB that are there.
  for (const char type : {'L', 'K', 'x', 'g'}) {
    CAPTURE(type);
    CHECK(failed_after_a(header("long", "77777777777 ", type)));
    CHECK(failed_after_a(header("long", "00010000000 ", type) +
                         std::string(1 << 21, 'n')));
  }
  // Headers about headers about headers.
  std::string chain;
  for (int i = 0; i < 20'000; ++i) {
    chain += header("x", "00000000000 ", 'x');
  }
  const TarSource source = open_tar(dir.write(
      "s.tar", good + chain + header("b.jpg", "00000000000 ", '0') + end));
  CHECK(text_of(source, 0) == "A");
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

TEST_CASE("a missing shard is an error, and so is a directory") {
  const TempDir dir;
  dir.write("shards/a.tar", make_tar({{"a.jpg", "A"}}));
  CHECK(error_id([&] { open_tar(dir / "shards/b.tar"); }) ==
        "source.not_found");
  CHECK(error_id([&] { open_tar(dir / "shards/*.tgz"); }) ==
        "source.not_found");
  CHECK(error_id([&] { open_tar(dir / "shards"); }) == "source.format");
}

TEST_CASE("many shards keep their order, however many threads open them") {
  const TempDir dir;
  Ids expected;
  for (int shard = 0; shard < 40; ++shard) {
    const std::string name = "s" + std::to_string(100 + shard) + ".tar";
    std::vector<TarMember> members;
    for (int i = 0; i < shard % 4; ++i) {
      members.push_back({std::to_string(i) + ".jpg", name});
      expected.push_back(name + '#' + members.back().path);
    }
    dir.write(name, make_tar(members));
  }
  const TarSource source((dir / "s{100..139}.tar").native());
  CHECK(ids_of(source) == expected);
  for (std::size_t i = 0; i < source.size(); ++i) {
    CHECK(text_of(source, i) == expected[i].substr(0, 8));
  }
  dir.write("s110.tar", "damaged beyond recognition");
  CHECK(error_message([&] {
          TarSource((dir / "s*.tar").native());
        }).find("s110.tar") != std::string::npos);
}

TEST_CASE("a first member whose name begins like zlib is one") {
  const TempDir dir;
  const TarSource source =
      open_tar(dir.write("s.tar", make_tar({{"x^2.jpg", "A"}})));
  CHECK(text_of(source, 0) == "A");
}

TEST_CASE("tar: opens the shards of a pattern") {
  const TempDir dir;
  dir.write("s-{1}.tar", make_tar({{"cat/a.jpg", "A"}, {"b.txt", "B"}}));
  const OpenedSource opened = open_source("tar:" + (dir / "s-*.tar").native(),
                                          {.truth_from_parent = true});
  CHECK(opened.kind == "tar");
  CHECK(opened.ignored == 1);
  CHECK(opened.source.size() == 1);
  CHECK(opened.source.sample(0).truth == std::string("cat"));
  CHECK_FALSE(opened.source.is_async());
  CHECK_FALSE(opened.network);
}

}  // namespace
}  // namespace quarry
