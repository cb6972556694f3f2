#include "data/shard_pattern.hpp"

#include <clocale>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::detail;
using test::error_id;
using test::error_message;
using test::TempDir;

namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

std::vector<ShardPlace> places(const std::string& pattern,
                               const std::vector<std::string>& keys = {}) {
  return expand_shards(pattern, [&](const std::string& uri) {
    const S3Uri prefix = parse_s3(uri).value();
    std::vector<S3Object> objects;
    for (const std::string& key : keys) {
      if (key.starts_with(prefix.key)) {
        objects.push_back({.key = key, .etag = "\"of " + key + '"'});
      }
    }
    return objects;
  });
}

Texts names(const std::string& pattern, const Texts& keys = {}) {
  Texts found;
  for (const ShardPlace& place : places(pattern, keys)) {
    found.push_back(place.name);
  }
  return found;
}

std::string id_of(const std::string& pattern, const Texts& keys = {}) {
  return error_id([&] { places(pattern, keys); });
}

std::string hint_of(const std::string& pattern) {
  try {
    places(pattern);
  } catch (const Error& error) {
    return error.hint();
  }
  return "";
}

}  // namespace

TEST_CASE("braces expand as in a shell") {
  const std::vector<std::pair<std::string, Texts>> cases = {
      {"a", {"a"}},
      {"", {""}},
      {"a{1..3}b", {"a1b", "a2b", "a3b"}},
      {"{000..003}", {"000", "001", "002", "003"}},
      {"{8..010}", {"008", "009", "010"}},
      {"{3..1}", {"3", "2", "1"}},
      {"{-1..1}", {"-1", "0", "1"}},
      {"{-05..-03}", {"-05", "-04", "-03"}},
      {"{0..10..5}", {"0", "5", "10"}},
      {"{0..9..5}", {"0", "5"}},
      {"{10..0..-5}", {"10", "5", "0"}},
      {"{a..e..2}", {"a", "c", "e"}},
      {"{c..a}", {"c", "b", "a"}},
      {"{x,y}{0..1}", {"x0", "x1", "y0", "y1"}},
      {"{x,}z", {"xz", "z"}},
      {"{a,b{1..2},{c,d}}", {"a", "b1", "b2", "c", "d"}},
      {"{a,b}/{a,b}", {"a/a", "a/b", "b/a", "b/b"}},
      // What is none stays.
      {"{a}", {"{a}"}},
      {"{}", {"{}"}},
      {"{", {"{"}},
      {"}", {"}"}},
      {"{a,b", {"{a,b"}},
      {"{a{1,2}", {"{a1", "{a2"}},
      {"{a{1,2}}", {"{a1}", "{a2}"}},
      {"{1..b}", {"{1..b}"}},
      {"{1..}", {"{1..}"}},
      {"{..}", {"{..}"}},
      {"{1.5..2}", {"{1.5..2}"}},
      {"{99999999999999999999..1}", {"{99999999999999999999..1}"}},
      {"\\{a,b}", {"\\{a,b}"}},
      {"{a\\,b,c}", {"a\\,b", "c"}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(expand_braces(text) == expected);
  }
}

TEST_CASE("braces that name too much are an error, at once") {
  for (const std::string text :
       {"{0..999999999999999}", "{0..999}{0..999}{0..999}",
        "{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}{,}"}) {
    CAPTURE(text);
    CHECK(error_id([&] { expand_braces(text); }) == "source.pattern");
  }
  CHECK(expand_braces("{0..999}{0..999}").size() == 1'000'000);
}

TEST_CASE("random text expands or is an error") {
  std::mt19937 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (unsigned length = random() % 24; length > 0; --length) {
      text += "{},..\\019a*[x/-"[random() % 15];
    }
    CAPTURE(text);
    const std::string id = error_id([&] { expand_braces(text); });
    REQUIRE((id.empty() || id == "source.pattern"));
  }
}

TEST_CASE("shards on disk are found by braces and globs, in byte-wise order") {
  const TempDir dir;
  for (const char* name : {"s/a-1.tar", "s/a-10.tar", "s/a-2.tar", "s/B.tar",
                           "s/b.tar", "s/\xC3\xA4.tar", "s/.hidden.tar",
                           "s/a-1.tar.qidx", "s/x/c.tar", "t/a-1.tar"}) {
    dir.write(name, "");
  }
  const std::string root = dir.path().native();
  CHECK(names(root + "/s/*.tar") == Texts{"B.tar", "a-1.tar", "a-10.tar",
                                          "a-2.tar", "b.tar", "\xC3\xA4.tar"});
  CHECK(names(root + "/s/a-?.tar") == Texts{"a-1.tar", "a-2.tar"});
  CHECK(names(root + "/s/[Bb].tar") == Texts{"B.tar", "b.tar"});
  CHECK(names(root + "/s/*") == names(root + "/s/*.tar"));
  CHECK(names(root + "/*/a-1.tar") == Texts{"s/a-1.tar", "t/a-1.tar"});
  CHECK(names(root + "/{t,s}/a-1.tar") == Texts{"t/a-1.tar", "s/a-1.tar"});
  CHECK(names(root + "/s/{b,a-{1..2}}.tar") ==
        Texts{"b.tar", "a-1.tar", "a-2.tar"});
  CHECK(names(root + "/s/{a-*,*1}.tar") ==
        Texts{"a-1.tar", "a-10.tar", "a-2.tar"});
  CHECK(names(root + "/s/b.tar") == Texts{"b.tar"});
  const std::vector<ShardPlace> one = places(root + "/s//b.tar");
  CHECK(one[0].name == "b.tar");
  CHECK(one[0].local);
  CHECK(sidecar_of(one[0]) == one[0].place + ".qidx");
  // From where the program runs.
  const fs::path before = fs::current_path();
  fs::current_path(dir / "s");
  CHECK(names("x/*.tar") == Texts{"c.tar"});
  CHECK(names("b.tar") == Texts{"b.tar"});
  CHECK(names("[b].tar") == Texts{"b.tar"});
  CHECK(places("b.tar")[0].place == (dir / "s/b.tar").native());
  fs::current_path(before);
}

TEST_CASE("the order and what matches do not depend on the locale") {
  const TempDir dir;
  for (const char* name : {"A.tar", "a.tar", "Z.tar", "\xFF.tar"}) {
    dir.write(name, "");
  }
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"C", "C.UTF-8"}) {
    REQUIRE(std::setlocale(LC_ALL, locale) != nullptr);
    CAPTURE(locale);
    CHECK(names((dir / "?.tar").native()) ==
          Texts{"A.tar", "Z.tar", "a.tar", "\xFF.tar"});
    CHECK(names((dir / "[a-z].tar").native()) == Texts{"a.tar"});
    CHECK(std::string(std::setlocale(LC_ALL, nullptr)) == locale);
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("a name with special characters is itself, and can be escaped") {
  const TempDir dir;
  dir.write("a[1]{2,3}.tar", "");
  dir.write("b*.tar", "");
  dir.write("bc.tar", "");
  CHECK(names((dir / "a[1]{2,3}.tar").native()) == Texts{"a[1]{2,3}.tar"});
  CHECK(names((dir / "b*.tar").native()) == Texts{"b*.tar"});
  CHECK(names((dir / "b\\*.tar").native()) == Texts{"b*.tar"});
  CHECK(names((dir / "{b\\*,bc}.tar").native()) == Texts{"b*.tar", "bc.tar"});
  CHECK(names("file://" + dir.path().native() + "/bc.tar") == Texts{"bc.tar"});
  CHECK(names("file://" + dir.path().native() + "/b%63.t{a,a}r") ==
        Texts{"bc.tar"});
}

TEST_CASE("what is missing is named, with what is nearest to it") {
  const TempDir dir;
  dir.write("shards/a-1.tar", "");
  const std::string root = dir.path().native();
  CHECK(id_of(root + "/shards/*.tgz") == "source.not_found");
  CHECK(hint_of(root + "/shards/*.tgz") ==
        "the folder " + root + "/shards/ is there; nothing in it matches");
  CHECK(hint_of(root + "/shrads/*.tar").find(root + "/shards") !=
        std::string::npos);
  CHECK(hint_of(root + "/x/y/*.tar") ==
        "of this path only " + root + " exists");
  // One of several is enough.
  CHECK(id_of(root + "/shards/a-{1..2}.tar") == "source.not_found");
  CHECK(error_message([&] {
          places(root + "/shards/a-{1..2}.tar");
        }).find("a-2.tar") != std::string::npos);
  CHECK(hint_of(root + "/shards/a-3.tar").find("a-1.tar") != std::string::npos);
  CHECK(id_of("") == "source.not_found");
  CHECK(id_of(std::string("a\0b", 3)) == "source.not_found");
  // A directory is no shard, and globs pass it by.
  CHECK(id_of(root + "/shards") == "source.format");
  CHECK(hint_of(root + "/shards").find("/*.tar") != std::string::npos);
  CHECK(id_of(root + "/*") == "source.not_found");
}

TEST_CASE("a directory that cannot be listed is an error") {
  const TempDir dir;
  dir.write("locked/a.tar", "");
  fs::permissions(dir.path(), fs::perms(0755));
  fs::permissions(dir / "locked", fs::perms(0));
  CHECK(test::holds_unprivileged([&] {
    return id_of((dir / "locked/*.tar").native()) == "source.unreadable";
  }));
  fs::permissions(dir / "locked", fs::perms(0700));
}

TEST_CASE("shards over HTTP are named by braces") {
  const std::vector<ShardPlace> found =
      places("https://me:secret@host/a/b-{0..1}/c.tar?token=xyz");
  REQUIRE(found.size() == 2);
  CHECK(found[1].name == "b-1/c.tar");
  CHECK(found[1].place == "https://me:secret@host/a/b-1/c.tar?token=xyz");
  CHECK_FALSE(found[1].local);
  CHECK(shown_place(found[1]).find("secret") == std::string::npos);
  CHECK(shown_place(found[1]).find("xyz") == std::string::npos);
  CHECK(sidecar_of(found[1]) ==
        "https://me:secret@host/a/b-1/c.tar.qidx?token=xyz");
  CHECK(names("http://host/get?file={0..1}.tar") ==
        Texts{"get?file=0.tar", "get?file=1.tar"});
  CHECK(names("http://[::1]:8080/s.tar?x=*") == Texts{"s.tar"});
  CHECK(names("http://h{1,2}/s.tar") == Texts{"h1/s.tar", "h2/s.tar"});
  for (const std::string text : {"http://host/*.tar", "http://host/[ab].tar"}) {
    CHECK(id_of(text) == "source.pattern");
    CHECK(hint_of(text).find("{000..010}") != std::string::npos);
  }
  CHECK(id_of("http://ho st/a.tar") == "net.url");
  CHECK(id_of("ftp://host/a.tar") == "source.scheme");
  CHECK(hint_of("ftp://host/a.tar").find("download") != std::string::npos);
  CHECK(id_of("hf://bucket/a.tar") == "source.scheme");
}

TEST_CASE("shards in a bucket are found by braces and globs") {
  const Texts keys = {"t/a-0.tar", "t/a-0.tar.qidx", "t/a-1.tar",
                      "t/b.tar",   "t/x/a-2.tar",    "t/z/"};
  CHECK(names("s3://pool/t/*.tar", keys) ==
        Texts{"a-0.tar", "a-1.tar", "b.tar"});
  CHECK(names("s3://pool/t/*", keys) == names("s3://pool/t/*.tar", keys));
  CHECK(names("s3://pool/*/a-?.tar", keys) == Texts{"t/a-0.tar", "t/a-1.tar"});
  CHECK(names("s3://pool/t/{x/*,b}.tar", keys) == Texts{"x/a-2.tar", "b.tar"});
  const std::vector<ShardPlace> found = places("s3://pool/t/b*", keys);
  CHECK(found[0].place == "s3://pool/t/b.tar");
  CHECK(found[0].etag == "\"of t/b.tar\"");
  CHECK(sidecar_of(found[0]) == "s3://pool/t/b.tar.qidx");
  CHECK(places("gs://pool/t/b*", keys)[0].place == "gs://pool/t/b.tar");
  CHECK(names("gs://pool/t/{x/*,b}.tar", keys) == Texts{"x/a-2.tar", "b.tar"});
  // Not listed: whether it is there shows when it is opened.
  CHECK(names("s3://pool/t/c-{0..1}.tar") == Texts{"c-0.tar", "c-1.tar"});
  CHECK(id_of("s3://pool/t/*.tgz", keys) == "source.not_found");
  CHECK(id_of("s3:///t/*.tgz", keys) == "net.url");
}
