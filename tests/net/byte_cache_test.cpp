#include "net/byte_cache.hpp"

#include <condition_variable>
#include <map>
#include <random>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>

#include "catch.hpp"
#include "error_id.hpp"
#include "net/digest.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::detail;
using quarry::test::error_id;
using quarry::test::TempDir;

namespace fs = std::filesystem;

namespace {

void nothing() {}

std::string key_of(const std::string& name) {
  return sha256(name);
}

void put(ByteCache& cache, const std::string& name, const std::string& body,
         CachedObject object = {}) {
  cache.store(key_of(name), std::move(object), Bytes::copy(body), nothing);
}

/// The bytes kept under a name, or "-".
std::string get(ByteCache& cache, const std::string& name) {
  const auto object = cache.find(key_of(name));
  if (!object) return "-";
  const auto bytes = cache.load(key_of(name), *object);
  return bytes ? std::string(bytes->text()) : "-";
}

std::vector<fs::path> bodies_in(const fs::path& folder) {
  std::vector<fs::path> bodies;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() &&
        entry.path().filename().native().size() == 64)
      bodies.push_back(entry.path());
  }
  return bodies;
}

std::vector<std::string> ids_of(const ByteCache& cache) {
  std::vector<std::string> ids;
  for (const Failure& failure : cache.failures())
    ids.emplace_back(failure.id.text());
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("what one cache was given the next one finds", "[byte_cache]") {
  const TempDir dir;
  const fs::path folder = dir / "deep/bytes";
  {
    ByteCache cache({.directory = folder});
    put(cache, "a", "alpha",
        {.etag = "\"1\"",
         .last_modified = "then",
         .content_range = "bytes",
         .found_at = "there"});
    put(cache, "b", "beta");
    put(cache, "same", "alpha");
    put(cache, "empty", "");
  }
  ByteCache cache({.directory = folder});
  CHECK(get(cache, "a") == "alpha");
  CHECK(get(cache, "b") == "beta");
  CHECK(get(cache, "same") == "alpha");
  CHECK(get(cache, "empty") == "");
  CHECK(get(cache, "c") == "-");
  const auto object = cache.find(key_of("a"));
  REQUIRE(object);
  CHECK(object->etag == "\"1\"");
  CHECK(object->last_modified == "then");
  CHECK(object->content_range == "bytes");
  CHECK(object->found_at == "there");
  CHECK(object->size == 5);
  CHECK(object->hash == sha256("alpha"));
  CHECK(bodies_in(folder).size() == 3);  // equal bytes are one file
  CHECK(cache.failures().empty());
  struct stat status {};
  REQUIRE(::stat(folder.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE(
    "an object that is stored again is the new one, and a forgotten one "
    "none",
    "[byte_cache]") {
  const TempDir dir;
  {
    ByteCache cache({.directory = dir.path()});
    put(cache, "a", "old", {.etag = "1"});
    put(cache, "a", "new", {.etag = "2"});
    put(cache, "b", "gone");
    cache.forget(key_of("b"));
    cache.forget(key_of("never there"));
  }
  ByteCache cache({.directory = dir.path()});
  CHECK(get(cache, "a") == "new");
  CHECK(cache.find(key_of("a"))->etag == "2");
  CHECK(get(cache, "b") == "-");
}

TEST_CASE("bytes that have rotten are no answer, and go", "[byte_cache]") {
  const TempDir dir;
  {
    ByteCache cache({.directory = dir.path()});
    put(cache, "flipped", "0123456789");
    put(cache, "short", "abcdefghij");
    put(cache, "long", "ABCDEFGHIJ");
    put(cache, "removed", "klmnopqrst");
    put(cache, "whole", "whole");
  }
  const auto file = [&](const std::string& body) {
    const std::string name = sha256_hex(body);
    return dir.path() / "objects" / name.substr(0, 2) / name.substr(2, 2) /
           name;
  };
  std::ofstream(file("0123456789"), std::ios::binary) << "0123456780";
  fs::resize_file(file("abcdefghij"), 4);
  std::ofstream(file("ABCDEFGHIJ"), std::ios::app) << "x";
  fs::remove(file("klmnopqrst"));
  {
    ByteCache cache({.directory = dir.path()});
    for (const char* name : {"flipped", "short", "long", "removed"})
      CHECK(get(cache, name) == "-");
    CHECK(get(cache, "whole") == "whole");
    CHECK(cache.failures().empty());
  }
  CHECK(bodies_in(dir.path()).size() == 1);
  ByteCache cache({.directory = dir.path()});
  CHECK_FALSE(cache.find(key_of("flipped")));
  put(cache, "flipped", "0123456789");
  cache.finish();
  CHECK(get(cache, "flipped") == "0123456789");
}

TEST_CASE("the bound is kept, and what was used for longest ago goes first",
          "[byte_cache]") {
  const TempDir dir;
  std::int64_t now = 1'000'000;
  const ByteCacheOptions options{.directory = dir.path(),
                                 .max_bytes = 100 * 4096};
  const auto body = [](int i) {
    return std::string(3000, 'x') + char('0' + i);
  };
  const auto room = [&] {
    return 4096 * bodies_in(dir.path()).size();
  };
  for (int i = 0; i < 100; ++i) {
    ByteCache cache(options, [&] { return now; });
    now += 1000;
    put(cache, std::to_string(i), std::to_string(i) + body(0));
  }
  CHECK(room() == 100 * 4096);
  {
    // Old ones, but used again.
    now += 100'000;
    ByteCache cache(options, [&] { return now; });
    CHECK(get(cache, "0") != "-");
    CHECK(get(cache, "1") != "-");
  }
  {
    now += 1000;
    ByteCache cache(options, [&] { return now; });
    put(cache, "new", body(1));
  }
  CHECK(room() == 90 * 4096);
  ByteCache cache(options, [&] { return now; });
  CHECK(get(cache, "0") != "-");
  CHECK(get(cache, "1") != "-");
  CHECK(get(cache, "new") != "-");
  for (int i = 2; i < 13; ++i) CHECK(get(cache, std::to_string(i)) == "-");
  for (int i = 13; i < 100; ++i) CHECK(get(cache, std::to_string(i)) != "-");
}

TEST_CASE("many at once stay within the bound, and one too large is not kept",
          "[byte_cache]") {
  const TempDir dir;
  const ByteCacheOptions options{.directory = dir.path(),
                                 .max_bytes = 50 * 4096};
  ByteCache cache(options);
  for (int i = 0; i < 500; ++i) {
    put(cache, std::to_string(i), std::string(2000, 'y') + std::to_string(i));
  }
  put(cache, "large", std::string(49 * 4096, 'z'));
  cache.finish();
  CHECK(bodies_in(dir.path()).size() <= 50);
  CHECK(bodies_in(dir.path()).size() >= 40);
  CHECK(get(cache, "499") != "-");
  CHECK(get(cache, "large") == "-");
  CHECK(cache.failures().empty());
}

TEST_CASE("who stores more than the queue holds waits for the disk",
          "[byte_cache]") {
  const TempDir dir;
  std::atomic<int> called = 0;
  constexpr int count = 40;
  {
    ByteCache cache({.directory = dir.path()});
    for (int i = 0; i < count; ++i) {
      std::string body(std::size_t{4} << 20, 'q');
      body += std::to_string(i);
      cache.store(key_of(std::to_string(i)), {}, Bytes::take(std::move(body)),
                  [&] { ++called; });
    }
  }
  CHECK(called == count);
  ByteCache cache({.directory = dir.path()});
  for (int i = 0; i < count; ++i) CHECK(get(cache, std::to_string(i)) != "-");
}

TEST_CASE("a cache that is only read writes nothing", "[byte_cache]") {
  const TempDir dir;
  const fs::path none = dir / "none";
  CHECK(error_id([&] {
          ByteCache({.directory = none, .use = CacheUse::read});
        }) == "cache.unusable");
  CHECK_FALSE(fs::exists(none));
  {
    ByteCache cache({.directory = dir.path()});
    put(cache, "a", "alpha");
  }
  const auto entries = dir.entries();
  for (const ByteCacheOptions& options :
       {ByteCacheOptions{.directory = dir.path(), .use = CacheUse::read},
        ByteCacheOptions{.directory = dir.path(), .offline = true}}) {
    ByteCache cache(options);
    CHECK_FALSE(cache.keeps());
    bool called = false;
    cache.store(key_of("b"), {}, Bytes::copy("beta"), [&] { called = true; });
    CHECK(called);
    cache.forget(key_of("a"));
    CHECK(get(cache, "a") == "alpha");
  }
  // SQLite's files beside the index are gone, too.
  CHECK(dir.entries() == entries);
  ByteCache cache({.directory = dir.path()});
  CHECK(get(cache, "a") == "alpha");
  CHECK(get(cache, "b") == "-");
}

TEST_CASE("a folder that cannot be written is read, and said", "[byte_cache]") {
  const TempDir dir;
  fs::permissions(dir.path(), fs::perms(0755));
  const fs::path folder = dir / "bytes";
  {
    ByteCache cache({.directory = folder});
    put(cache, "a", "alpha");
  }
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    fs::permissions(entry.path(),
                    fs::perms(entry.is_directory() ? 0555 : 0444));
  }
  CHECK(test::holds_unprivileged([&] {
    ByteCache cache({.directory = folder});
    put(cache, "b", "beta");
    return get(cache, "a") == "alpha" && get(cache, "b") == "-" &&
           !cache.keeps() && cache.failures().size() == 1;
  }));
  CHECK(test::holds_unprivileged([&] {
    return error_id([&] { ByteCache({.directory = dir.path() / "other"}); }) ==
           "cache.unusable";
  }));
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    if (entry.is_directory()) fs::permissions(entry.path(), fs::perms(0755));
  }
}

TEST_CASE("a damaged index is begun anew, with its files", "[byte_cache]") {
  const TempDir dir;
  const auto fill = [&] {
    ByteCache cache({.directory = dir.path()});
    for (int i = 0; i < 50; ++i)
      put(cache, std::to_string(i), "body " + std::to_string(i));
  };
  fill();
  const fs::path mine = dir.write("objects/ab/cd/readme.txt", "not of a cache");
  std::ofstream(dir / "index.db", std::ios::binary) << "no database at all";
  {
    ByteCache cache({.directory = dir.path()});
    CHECK(ids_of(cache) == Ids{"cache.corrupt"});
    CHECK(get(cache, "1") == "-");
    CHECK(bodies_in(dir.path()).empty());
    put(cache, "1", "one");
  }
  CHECK(fs::exists(mine));
  {
    ByteCache cache({.directory = dir.path()});
    CHECK(cache.failures().empty());
    CHECK(get(cache, "1") == "one");
  }
  // Removed by hand, its files left behind.
  fill();
  fs::remove(dir / "index.db");
  ByteCache cache({.directory = dir.path()});
  CHECK(bodies_in(dir.path()).empty());
  CHECK(cache.failures().empty());
}

TEST_CASE("whatever becomes of the index, no wrong bytes come out",
          "[byte_cache]") {
  const unsigned seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const TempDir dir;
  const auto bytes_of = [](int i) {
    return "body " + std::to_string(i);
  };
  const fs::path index = dir / "index.db";
  const auto fill = [&] {
    ByteCache cache({.directory = dir.path()});
    for (int i = 0; i < 100; ++i) put(cache, std::to_string(i), bytes_of(i));
  };
  for (int round = 0; round < 20; ++round) {
    fill();
    // Damage of the round before may be found only now: the index is gone, and
    // begun anew by the next.
    if (!fs::exists(index)) fill();
    std::string contents = test::slurp(index);
    REQUIRE(contents.size() > 4096);
    for (int change = 0; change < 1 << (round % 10); ++change) {
      const std::size_t at = random() % contents.size();
      contents[at] = static_cast<char>(random());
    }
    if (round % 4 == 3) contents.resize(random() % contents.size());
    std::ofstream(index, std::ios::binary) << contents;
    try {
      ByteCache cache({.directory = dir.path()});
      for (int i = 0; i < 100; ++i) {
        const std::string got = get(cache, std::to_string(i));
        // A key may lead to bytes of another name only if both its hash and
        // its size were changed into that one's.
        CHECK((got == "-" || got == bytes_of(i)));
        put(cache, std::to_string(i), bytes_of(i));
      }
      cache.finish();
    } catch (const Error& error) {
      CHECK(error.id().substr(0, 6) == "cache.");
      // Taken for that of another version, which whoever runs it removes.
      if (error.id() == "cache.unusable") fs::remove(index);
    }
  }
}

TEST_CASE("an index of another version is left alone", "[byte_cache]") {
  const TempDir dir;
  { ByteCache cache({.directory = dir.path()}); }
  {
    Database database(dir / "index.db", Database::Access::write);
    database.run("PRAGMA user_version = 7");
  }
  CHECK(error_id([&] { ByteCache({.directory = dir.path()}); }) ==
        "cache.unusable");
  CHECK(fs::exists(dir / "index.db"));
}

TEST_CASE("a full disk ends keeping, with one failure", "[byte_cache]") {
  const TempDir dir;
  { ByteCache cache({.directory = dir.path()}); }
  // In a process of its own: files beyond this size cannot be written.
  CHECK(test::holds_unprivileged([&] {
          fs::permissions(dir.path(), fs::perms(0700));
          return false;
        }) == false);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    bool right = false;
    try {
      ByteCache cache({.directory = dir.path()});
      put(cache, "large", std::string(2 << 20, 'x'));
      put(cache, "small", "small");
      cache.finish();
      bool called = false;
      cache.store(key_of("later"), {}, Bytes::copy("l"),
                  [&] { called = true; });
      right = called && ids_of(cache) == Ids{"cache.write"} &&
              get(cache, "large") == "-";
    } catch (...) {  // not right
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(bodies_in(dir.path()).empty());
  for (const auto& entry : fs::recursive_directory_iterator(dir.path()))
    CHECK_FALSE(entry.path().filename().native().starts_with("part-"));
}

TEST_CASE("who waits for the disk is told what it could not keep",
          "[byte_cache]") {
  const TempDir dir;
  std::atomic<int> told = 0;
  ByteCache cache(
      {.directory = dir.path(), .on_failure = [&](const Failure& f) {
         if (f.id == "cache.write") ++told;
       }});
  dir.write("objects", "no folder");
  put(cache, "large", std::string(32 << 20, 'x'));
  put(cache, "small", "small");
  cache.flush();
  CHECK(ids_of(cache) == Ids{"cache.write"});
  CHECK(told == 1);
  cache.flush();
  cache.finish();
  cache.flush();
  CHECK(told == 1);
}

TEST_CASE("what is written does not wait for itself", "[byte_cache]") {
  const TempDir dir;
  ByteCache cache({.directory = dir.path()});
  bool called = false;
  put(cache, "full", std::string(65 << 20, 'x'));
  cache.store(key_of("next"), {}, Bytes::copy("next"), [&] {
    cache.flush();
    called = true;
  });
  cache.finish();
  CHECK(called);
  CHECK(get(cache, "next") == "next");
}

TEST_CASE("several caches write and read one folder at once", "[byte_cache]") {
  const TempDir dir;
  constexpr int caches = 4;
  constexpr int count = 300;
  std::atomic<int> wrong = 0;
  std::array<std::vector<Failure>, caches> failures;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < caches; ++t) {
      threads.emplace_back([&, t] {
        ByteCache cache({.directory = dir.path(), .max_bytes = 800 * 4096});
        for (int i = 0; i < count; ++i) {
          // Half of them are everybody's.
          const int owner = i % 2 == 0 ? 0 : t;
          const std::string name =
              std::to_string(owner) + '/' + std::to_string(i);
          put(cache, name, "bytes of " + name);
          const std::string got = get(cache, name);
          if (got != "-" && got != "bytes of " + name) ++wrong;
        }
        cache.finish();
        failures[static_cast<std::size_t>(t)] = cache.failures();
      });
    }
  }
  CHECK(wrong == 0);
  for (const auto& of_one : failures) {
    for (const Failure& failure : of_one) FAIL_CHECK(failure.message);
  }
  ByteCache cache({.directory = dir.path()});
  for (int t = 0; t < caches; ++t) {
    for (int i = 1; i < count; i += 2) {
      const std::string name = std::to_string(t) + '/' + std::to_string(i);
      CHECK(get(cache, name) == "bytes of " + name);
    }
  }
}
