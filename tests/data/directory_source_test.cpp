#include "quarry/data/directory_source.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/stat.h>

#include "quarry/core/random.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using test::error_id;
using test::error_message;
using test::ids_of;
using test::TempDir;
using test::text_of;
using Ids = std::vector<std::string>;

static_assert(DataSource<DirectorySource>);
static_assert(not AsyncSource<DirectorySource>);
static_assert(not std::default_initializable<DirectorySource>);

TEST_CASE("a directory source lists the images of a tree, at any depth") {
  const TempDir dir;
  dir.write("b.png", "B");
  dir.write("a/x.JPG", "X");
  dir.write("a/deep/er/y.jpeg", "Y");
  dir.write("notes.txt", "no sample");
  dir.write("a/x.jpg.bak", "no sample");
  dir.write("jpg", "no sample: no dot");
  const DirectorySource source(dir.path());
  CHECK(ids_of(source) == Ids{"a/deep/er/y.jpeg", "a/x.JPG", "b.png"});
  CHECK(text_of(source, 0) == "Y");
  CHECK(text_of(source, 1) == "X");
  CHECK(text_of(source, 2) == "B");
  CHECK(source.ignored() == 3);
  CHECK(source.sample(1).uri ==
        file_uri(fs::canonical(dir.path()) / "a/x.JPG"));
  CHECK(source.sample(1).truth == std::nullopt);
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("the order is that of the bytes of whole paths") {
  const TempDir dir;
  // '-' and '.' sort before '/', '0' after it; bytes above 127 sort last.
  const Ids sorted{"a-b.jpg",  "a.jpg",  "a/z.jpg", "a0.jpg",
                   "aZ/1.jpg", "aa.jpg", "z.jpg",   "\xC3\xA9.jpg"};
  for (const std::string& id : sorted) dir.write(id, id);
  const DirectorySource source(dir.path());
  CHECK(ids_of(source) == sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    CHECK(text_of(source, i) == sorted[i]);
  }
}

TEST_CASE("a random tree is listed as the standard library lists it, sorted") {
  RandomStream random(17);
  for (int round = 0; round < 20; ++round) {
    const TempDir dir;
    for (int file = 0; file < 40; ++file) {
      std::string path;
      const auto depth = random.below(4);
      for (std::uint64_t level = 0; level <= depth; ++level) {
        const auto length = 1 + random.below(3);
        for (std::uint64_t k = 0; k < length; ++k) {
          path += std::string_view("ab-0 ~+\xFF")[random.below(8)];
        }
        path += level < depth ? "/" : ".jpg";
      }
      dir.write(path, "x");
    }
    Ids expected;
    for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
      if (!entry.is_regular_file()) continue;
      expected.push_back(entry.path().lexically_relative(dir.path()).native());
    }
    std::sort(expected.begin(), expected.end(),
              [](const std::string& a, const std::string& b) {
                return std::lexicographical_compare(
                    a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
                      return static_cast<unsigned char>(x) <
                             static_cast<unsigned char>(y);
                    });
              });
    const DirectorySource source(dir.path());
    REQUIRE(source.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(path_of_uri(source.sample(i).uri)->native() ==
            fs::canonical(dir.path()).native() + '/' + expected[i]);
      CHECK(source.sample(i).id == id_of_path(expected[i]));
    }
  }
}

TEST_CASE("hidden files, hidden directories and .quarry are skipped") {
  const TempDir dir;
  dir.write(".hidden.jpg", "");
  dir.write(".jpg", "");
  dir.write(".quarry/bytes/x.jpg", "");
  dir.write("a/.git/x.jpg", "");
  dir.write("a/x.jpg", "");
  const DirectorySource source(dir.path());
  CHECK(ids_of(source) == Ids{"a/x.jpg"});
  CHECK(source.ignored() == 0);
}

TEST_CASE("a pool below a hidden directory is no hidden pool") {
  const TempDir dir;
  dir.write(".cache/pool/x.jpg", "");
  CHECK(DirectorySource(dir / ".cache/pool").size() == 1);
}

TEST_CASE("the truth is the name of the directory that holds the sample") {
  const TempDir dir;
  dir.write("x.jpg", "");
  dir.write("cat/x.jpg", "");
  dir.write("test/dog/x.jpg", "");
  dir.write("caf\xE9/x.jpg", "");
  const DirectorySource source(dir.path(), {.truth_from_parent = true});
  REQUIRE(ids_of(source) ==
          Ids{"./caf%E9/x.jpg", "cat/x.jpg", "test/dog/x.jpg", "x.jpg"});
  CHECK(source.sample(0).truth == "caf%E9");
  CHECK(source.sample(1).truth == "cat");
  CHECK(source.sample(2).truth == "dog");
  CHECK(source.sample(3).truth == std::nullopt);
}

TEST_CASE("a bad entry is a sample that fails, whatever it is") {
  const TempDir dir;
  dir.write("good.jpg", "bytes");
  dir.write("empty.jpg", "");
  dir.write("directory.jpg/inner.jpg", "not reached");
  fs::create_symlink("nowhere", dir / "dangling.jpg");
  fs::create_symlink("self.jpg", dir / "self.jpg");
  fs::create_directory(dir / "folder");
  fs::create_directory_symlink("folder", dir / "linked.jpg");
  test::make_fifo(dir / "fifo.jpg");
  const DirectorySource source(dir.path());
  CHECK(ids_of(source) == Ids{"dangling.jpg", "directory.jpg", "empty.jpg",
                              "fifo.jpg", "good.jpg", "linked.jpg",
                              "self.jpg"});
  CHECK(text_of(source, "dangling.jpg") == "[file.not_found]");
  CHECK(text_of(source, "directory.jpg") == "[file.not_regular]");
  CHECK(source.read(2).ok());
  CHECK(text_of(source, "empty.jpg") == "");
  CHECK(text_of(source, "fifo.jpg") == "[file.not_regular]");
  CHECK(text_of(source, "good.jpg") == "bytes");
  CHECK(text_of(source, "linked.jpg") == "[file.not_regular]");
  CHECK_FALSE(source.read(6).ok());
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("a FIFO or a socket of another name is ignored, not opened") {
  const TempDir dir;
  test::make_fifo(dir / "pipe");
  CHECK(DirectorySource(dir.path()).size() == 0);
  CHECK(DirectorySource(dir.path()).ignored() == 1);
}

TEST_CASE("links to files are followed") {
  const TempDir dir;
  const TempDir elsewhere;
  elsewhere.write("real.bin", "bytes");
  fs::create_symlink(elsewhere / "real.bin", dir / "x.jpg");
  const DirectorySource source(dir.path(), {.follow_links = false});
  CHECK(text_of(source, "x.jpg") == "bytes");
}

TEST_CASE("links to directories are followed unless told otherwise") {
  const TempDir dir;
  const TempDir elsewhere;
  elsewhere.write("sub/x.jpg", "bytes");
  dir.write("z.jpg", "");
  fs::create_directory_symlink(elsewhere.path(), dir / "link");
  const DirectorySource source(dir.path());
  CHECK(ids_of(source) == Ids{"link/sub/x.jpg", "z.jpg"});
  CHECK(text_of(source, 0) == "bytes");
  CHECK(ids_of(DirectorySource(dir.path(), {.follow_links = false})) ==
        Ids{"z.jpg"});
}

TEST_CASE("loops of links are survived, and no sample comes twice") {
  const TempDir dir;
  dir.write("a/x.jpg", "");
  dir.write("b/y.jpg", "");
  fs::create_directory_symlink(".", dir / "self");
  fs::create_directory_symlink("..", dir / "a/up");
  fs::create_directory_symlink("../b", dir / "a/other");
  fs::create_directory_symlink("../a", dir / "b/other");
  fs::create_directory_symlink("loop", dir / "loop");
  CHECK(ids_of(DirectorySource(dir.path())) == Ids{"a/x.jpg", "b/y.jpg"});
}

TEST_CASE("a web of links does not multiply the pool") {
  // Twelve directories that all link to each other: 12! paths.
  const TempDir dir;
  for (int from = 0; from < 12; ++from) {
    const std::string name = "d" + std::to_string(from);
    dir.write(name + "/x.jpg", "");
    for (int to = 0; to < 12; ++to) {
      fs::create_directory_symlink("../d" + std::to_string(to),
                                   dir / (name + "/to" + std::to_string(to)));
    }
  }
  CHECK(DirectorySource(dir.path()).size() == 12);
}

TEST_CASE("a directory is listed under its own name before that of a link") {
  const TempDir dir;
  dir.write("z/x.jpg", "");
  fs::create_directory_symlink("z", dir / "a");
  CHECK(ids_of(DirectorySource(dir.path())) == Ids{"z/x.jpg"});
}

TEST_CASE("of two links to a directory the first by its bytes is followed") {
  // Ten pairs, on file systems that list by hash and by age: whatever order a
  // system lists in, byte-wise order in all of them is no accident.
  std::vector<fs::path> parents{fs::temp_directory_path()};
  if (fs::is_directory("/dev/shm")) parents.emplace_back("/dev/shm");
  for (const fs::path& parent : parents) {
    for (const bool reversed : {false, true}) {
      CAPTURE(parent, reversed);
      const TempDir dir(parent);
      Ids expected;
      for (int pair = 0; pair < 10; ++pair) {
        const std::string number = std::to_string(pair);
        dir.write("outside/" + number + "/x.jpg", "");
        Ids links{"a" + number, "b" + number};
        expected.push_back("a" + number + "/x.jpg");
        if (reversed) std::swap(links[0], links[1]);
        fs::create_directory(dir / "pool");
        for (const std::string& link : links) {
          fs::create_directory_symlink("../outside/" + number,
                                       dir / ("pool/" + link));
        }
      }
      CHECK(ids_of(DirectorySource(dir / "pool")) == expected);
    }
  }
}

TEST_CASE("a link that leads out and back in adds only what is outside") {
  const TempDir dir;
  dir.write("pool/x.jpg", "");
  dir.write("y.jpg", "");
  fs::create_directory_symlink("..", dir / "pool/up");
  CHECK(ids_of(DirectorySource(dir / "pool")) == Ids{"up/y.jpg", "x.jpg"});
}

TEST_CASE("the root may be a link") {
  const TempDir dir;
  dir.write("pool/x.jpg", "bytes");
  fs::create_directory_symlink("pool", dir / "link");
  const DirectorySource source(dir / "link");
  CHECK(ids_of(source) == Ids{"x.jpg"});
  CHECK(text_of(source, 0) == "bytes");
}

TEST_CASE("excluded directories are no part of the pool") {
  const TempDir dir;
  dir.write("x.jpg", "");
  dir.write("work/space/y.jpg", "");
  fs::create_directory_symlink("work/space", dir / "alias");
  const DirectorySource source(
      dir.path(), {.exclude = {dir / "work/space", dir / "missing"}});
  CHECK(ids_of(source) == Ids{"x.jpg"});
}

TEST_CASE("other extensions are samples when they are asked for") {
  const TempDir dir;
  dir.write("a.WebP", "");
  dir.write("b.tar.gz", "");
  dir.write("c.jpg", "");
  dir.write("d", "");
  dir.write("e.gz/f.gz", "");
  fs::create_symlink("nowhere", dir / "g");
  fs::create_directory_symlink("e.gz", dir / "h");
  const auto listed = [&](std::vector<std::string> extensions) {
    return ids_of(
        DirectorySource(dir.path(), {.extensions = std::move(extensions)}));
  };
  CHECK(listed({"webp", "tar.gz"}) == Ids{"a.WebP", "b.tar.gz"});
  CHECK(listed({"GZ"}) == Ids{"b.tar.gz", "e.gz", "h/f.gz"});
  CHECK(listed({}) ==
        Ids{"a.WebP", "b.tar.gz", "c.jpg", "d", "e.gz/f.gz", "g"});
}

TEST_CASE("names may hold anything that a file system allows") {
  const TempDir dir;
  const Ids names{
      "a b.jpg",     "a%20b.jpg", "#1?.jpg", "caf\xE9.jpg", "new\nline.jpg",
      "quote\".jpg", "tab\t.jpg", "%FF.jpg", "\xFF.jpg",    "\xE6\x97\xA5.jpg"};
  for (const std::string& name : names) dir.write(name, name);
  const DirectorySource source(dir.path());
  REQUIRE(source.size() == names.size());
  CHECK(testing::check_source(source).text() == "");
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    const std::string name = text_of(source, i);
    CHECK(sample.id == id_of_path(name));
    CHECK(path_of_uri(sample.uri)->filename().native() == name);
  }
}

TEST_CASE("a directory that cannot be listed is a sample that says so") {
  const TempDir dir;
  dir.write("locked/x.jpg", "");
  dir.write("open.jpg", "bytes");
  dir.write("secret.jpg", "");
  fs::permissions(dir.path(), fs::perms(0755));
  fs::permissions(dir / "locked", fs::perms(0));
  fs::permissions(dir / "secret.jpg", fs::perms(0));
  CHECK(test::holds_unprivileged([&] {
    const DirectorySource source(dir.path(), {.truth_from_parent = true});
    const auto failed = source.read(0);
    return ids_of(source) == Ids{"locked/", "open.jpg", "secret.jpg"} &&
           !failed.ok() && failed.error().id == "source.unreadable" &&
           failed.error().message.find("locked") != std::string::npos &&
           failed.error().message.find("ermission") != std::string::npos &&
           source.sample(0).truth == std::nullopt &&
           text_of(source, 1) == "bytes" &&
           text_of(source, 2) == "[file.permission]";
  }));
  CHECK(test::holds_unprivileged([&] {
    return error_id([&] { DirectorySource source(dir / "locked"); }) ==
           "source.unreadable";
  }));
  fs::permissions(dir / "locked", fs::perms(0700));
}

TEST_CASE("a deep tree is listed to its end") {
  const TempDir dir;
  std::string path;
  for (int level = 0; level < 500; ++level) path += "d/";
  dir.write(path + "x.jpg", "bytes");
  const DirectorySource source(dir.path());
  CHECK(ids_of(source) == Ids{path + "x.jpg"});
  CHECK(text_of(source, 0) == "bytes");
}

TEST_CASE("where paths grow longer than the system takes, a sample says so") {
  const TempDir dir;
  dir.write("x.jpg", "bytes");
  const std::string name(200, 'n');
  int parent = ::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY);
  for (int level = 0; level < 25; ++level) {  // 5000 bytes; PATH_MAX is 4096
    REQUIRE(::mkdirat(parent, name.c_str(), 0700) == 0);
    const int child = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(child >= 0);
    ::close(parent);
    parent = child;
  }
  ::close(parent);
  const DirectorySource source(dir.path());
  REQUIRE(source.size() == 2);
  CHECK(text_of(source, 0) == "[source.unreadable]");
  CHECK(text_of(source, 1) == "bytes");
}

TEST_CASE("a file that has grown too large or gone since fails when read") {
  const TempDir dir;
  dir.write("gone.jpg", "1");
  dir.write("large.jpg", "12345");
  dir.write("small.jpg", "1234");
  const DirectorySource source(dir.path(), {.max_file_bytes = 4});
  fs::remove(dir / "gone.jpg");
  CHECK(text_of(source, 0) == "[file.not_found]");
  CHECK(text_of(source, 1) == "[file.too_large]");
  CHECK(text_of(source, 2) == "1234");
}

TEST_CASE("an empty directory is a pool without samples") {
  const TempDir dir;
  const DirectorySource source(dir.path());
  CHECK(source.size() == 0);
  CHECK(source.ignored() == 0);
  CHECK(testing::check_source(source).ok());
}

TEST_CASE("a root that is no directory is an error that names it") {
  const TempDir dir;
  dir.write("pool/x.jpg", "");
  const auto open = [&](const fs::path& root) {
    return [root] {
      DirectorySource source(root);
    };
  };
  CHECK(error_id(open(dir / "pol")) == "source.not_found");
  CHECK(error_message(open(dir / "pol")) ==
        (dir / "pol").native() + " does not exist");
  CHECK(error_id(open("")) == "source.not_found");
  CHECK(error_id(open(dir / "pool/x.jpg")) == "source.not_a_directory");
  test::make_fifo(dir / "fifo");
  CHECK(error_id(open(dir / "fifo")) == "source.not_a_directory");
}

TEST_CASE("a relative root survives a change of the current directory") {
  const TempDir dir;
  dir.write("x.jpg", "bytes");
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  const DirectorySource source(".");
  fs::current_path(before);
  CHECK(ids_of(source) == Ids{"x.jpg"});
  CHECK(text_of(source, 0) == "bytes");
}

TEST_CASE("options out of range are refused by name") {
  const auto id = [](const DirectoryOptions& options) {
    return error_id([&] { options.validate(); });
  };
  CHECK(id({}) == "");
  CHECK(id({.extensions = {}}) == "");
  CHECK(id({.extensions = {".jpg"}}) == "source.option");
  CHECK(id({.extensions = {""}}) == "source.option");
  CHECK(id({.extensions = {"a/b"}}) == "source.option");
  CHECK(id({.max_file_bytes = 0}) == "source.option");
  CHECK(error_message([] {
          DirectoryOptions{.extensions = {".jpg"}}.validate();
        }).find("\".jpg\"") != std::string::npos);
}

}  // namespace
}  // namespace quarry
