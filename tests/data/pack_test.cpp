#include "quarry/data/pack.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include <sys/resource.h>

#include "quarry/core/random.hpp"
#include "quarry/data/directory_source.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/data/tar_source.hpp"
#include "quarry/data/tfrecord_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "data/tf_example.hpp"
#include "data/tfrecord.hpp"
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
using test::slurp;
using test::TempDir;
using test::text_of;

/// `count` samples, of which those whose number ends in 7 cannot be read.
struct Numbers {
  std::size_t count = 100;
  bool all_good = true;
  std::size_t bytes = 500;

  std::size_t size() const { return count; }
  Sample sample(std::size_t i) const {
    Sample sample{
        .id = "d" + std::to_string(i % 3) + "/" + std::to_string(i) + ".jpg",
        .uri = "n:" + std::to_string(i)};
    if (i % 2 == 0) sample.truth = i % 4 == 0 ? "cat" : "dog";
    return sample;
  }
  Result<Bytes> read(std::size_t i) const {
    if (!all_good && i % 10 == 7) return Failure{"file.read", "no luck"};
    RandomStream random(i);
    std::string text = "\xFF\xD8\xFF";
    while (text.size() < bytes + i) text += static_cast<char>(random());
    return Bytes::take(std::move(text));
  }
};

/// Names and contents of what is in a folder.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename()] = slurp(entry.path());
  }
  return files;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& [name, contents] : files_in(folder)) names.push_back(name);
  return names;
}

using Names = std::vector<std::string>;

/// Whether two sources hold the same bytes and truths, whatever their ids.
template <class A, class B>
void check_same(const A& a, const B& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(text_of(a, i) == text_of(b, i));
    REQUIRE(a.sample(i).truth == b.sample(i).truth);
  }
}

TEST_CASE("a pool in tar shards is the same pool", "[pack]") {
  const TempDir dir;
  const Numbers pool;
  const PackReport report =
      pack(pool, {.out = dir / "out", .shard_bytes = 40'000, .reads = 3});
  CHECK(report.ended == PackEnd::complete);
  CHECK(report.samples == 100);
  CHECK(report.packed == 100);
  CHECK(report.failures.empty());
  REQUIRE(report.shards.size() >= 2);
  std::size_t samples = 0;
  for (const PackedShard& shard : report.shards) {
    CHECK(fs::file_size(shard.file) == shard.bytes);
    CHECK(shard.bytes <= 40'000);
    CHECK(shard.bytes > 35'000 * (&shard != &report.shards.back()));
    CHECK(fs::exists(shard.file.native() + ".qidx"));
    samples += shard.samples;
  }
  CHECK(samples == 100);
  CHECK(report.shards[0].file == dir / "out/pool-000000.tar");
  CHECK(names_in(dir / "out").size() == 2 * report.shards.size());

  const TarSource packed((dir / "out/pool-*.tar").native());
  check_same(pool, packed);
  CHECK(packed.sample(4).id == "pool-000000.tar#d1/4.jpg");
  CHECK(packed.ignored() == 0);
  CHECK(testing::check_source(packed).text() == "");
  // Without the indices, which are what going through the shards finds.
  for (const PackedShard& shard : report.shards) {
    fs::remove(shard.file.native() + ".qidx");
  }
  check_same(pool, TarSource((dir / "out/pool-*.tar").native()));
}

TEST_CASE("a pool in TFRecord shards is the same pool", "[pack]") {
  const TempDir dir;
  const Numbers pool;
  const PackReport report = pack(pool, {.format = PackFormat::tfrecord,
                                        .out = dir / "out",
                                        .name = "train",
                                        .shard_samples = 40});
  REQUIRE(report.shards.size() == 3);
  CHECK(report.shards[2].samples == 20);
  CHECK(report.shards[0].file == dir / "out/train-00000-of-00003.tfrecord");
  CHECK(fs::file_size(report.shards[1].file) == report.shards[1].bytes);
  const std::string pattern =
      (dir / "out/train-{00000..00002}-of-00003.tfrecord").native();
  const TfRecordSource packed(pattern);
  check_same(pool, packed);
  CHECK(packed.sample(41).id == "train-00001-of-00003.tfrecord#1");
  CHECK(testing::check_source(packed).text() == "");
  for (const PackedShard& shard : report.shards) {
    REQUIRE(fs::remove(shard.file.native() + ".qidx"));
  }
  check_same(pool, TfRecordSource(pattern));

  // What the records hold.
  detail::TfRecordReader records(Bytes::copy(slurp(report.shards[0].file)));
  const Bytes record = records.next()->value();
  const auto example = detail::parse_tf_example(record.span()).value();
  REQUIRE(example.size() == 4);
  CHECK(example.find("image/encoded")->second.bytes.front() ==
        text_of(pool, 0));
  CHECK(example.find("image/format")->second.bytes.front() == "jpeg");
  CHECK(example.find("image/filename")->second.bytes.front() == "d0/0.jpg");
  CHECK(example.find("image/class/text")->second.bytes.front() == "cat");
}

TEST_CASE("the same pool gives the same files, however it is read", "[pack]") {
  for (const PackFormat format : {PackFormat::tar, PackFormat::tfrecord}) {
    const TempDir dir;
    const Numbers pool;
    PackOptions options{
        .format = format, .out = dir / "1", .shard_bytes = 20'000, .reads = 1};
    pack(pool, options);
    options.out = dir / "7";
    options.reads = 7;
    options.waiting_bytes = 1;
    pack(pool, options);
    REQUIRE(files_in(dir / "1").size() > 4);
    CHECK(files_in(dir / "1") == files_in(dir / "7"));
  }
}

TEST_CASE("odd names and sizes come back", "[pack]") {
  const TempDir dir;
  const std::string longest(300, 'n');
  std::vector<MemorySource::Item> items;
  for (const std::string& id :
       {std::string("https://h.org/a.b.jpg?x=1"),
        std::string("Größe/слово.jpg"), longest + '/' + longest + ".png",
        std::string("../x.jpg"), std::string("a.jpg"), std::string("a.png"),
        std::string("b#c/.png")}) {
    items.push_back({.sample = {.id = id, .uri = "m:" + id, .truth = "Größe"},
                     .bytes = Bytes::take("\x89PNG\r\n\x1A\n" + id)});
  }
  items.push_back({.sample = {.id = "empty.jpg", .uri = "m:"}, .bytes = {}});
  const MemorySource pool(items);
  pack(pool, {.out = dir / "tar"});
  const TarSource tar((dir / "tar/*.tar").native());
  check_same(pool, tar);
  CHECK(tar.sample(1).id == "pool-000000.tar#Größe/слово.jpg");
  CHECK(testing::check_source(tar).text() == "");
  pack(pool, {.format = PackFormat::tfrecord, .out = dir / "tfrecord"});
  check_same(pool, TfRecordSource((dir / "tfrecord/*.tfrecord").native()));
}

TEST_CASE("a shard with one large sample may exceed its limit", "[pack]") {
  const TempDir dir;
  const PackReport report =
      pack(Numbers{.count = 5}, {.out = dir / "out", .shard_bytes = 1});
  CHECK(report.shards.size() == 5);
  check_same(Numbers{.count = 5}, TarSource((dir / "out/*.tar").native()));
}

TEST_CASE("bad samples are left out and told", "[pack]") {
  const TempDir dir;
  const Numbers pool{.all_good = false};
  std::vector<std::size_t> told;
  PackOptions options{.out = dir / "out", .errors = {.max_bad = 0.1}};
  options.left_out = [&](const BadSample& bad) {
    told.push_back(bad.index);
  };
  const PackReport report = pack(pool, options);
  CHECK(report.packed == 90);
  REQUIRE(report.failures.size() == 10);
  CHECK(report.failures[1].index == 17);
  CHECK(report.failures[1].id == "d2/17.jpg");
  CHECK(told.size() == 10);
  CHECK(report.brief_report().find("90 of 100 samples in 1 shard") == 0);
  CHECK(report.brief_report().find("10 failed") != std::string::npos);
  CHECK(report.full_report().find("10 × file.read") != std::string::npos);
  CHECK(TarSource((dir / "out/*.tar").native()).size() == 90);
}

TEST_CASE("too many bad samples leave nothing behind", "[pack]") {
  const TempDir dir;
  const Numbers pool{.all_good = false};
  const auto id_with = [&](const ErrorPolicy& errors) {
    return error_id([&] {
      pack(pool, {.out = dir / "out", .shard_bytes = 5000, .errors = errors});
    });
  };
  CHECK(id_with({.max_bad = 0.09}) == "pack.too_many_bad");
  CHECK(id_with({.on_error = OnError::stop}) == "pack.bad_sample");
  CHECK(names_in(dir / "out").empty());

  struct Broken : Numbers {
    Result<Bytes> read(std::size_t) const {
      return Failure{"file.not_found", "gone"};
    }
  };
  CHECK(error_id([&] {
          pack(Broken(), {.out = dir / "out", .errors = {.max_bad = 1.0}});
        }) == "pack.all_alike");
  CHECK(error_id([&] { pack(Broken{{.count = 20}}, {.out = dir / "out"}); }) ==
        "pack.too_many_bad");
  struct Lost : Numbers {
    Result<Bytes> read(std::size_t i) const {
      if (i < 50) return Numbers::read(i);
      return Failure{"net.connect", "no route", "", Blame::run};
    }
  };
  CHECK(error_id([&] { pack(Lost(), {.out = dir / "out"}); }) == "net.connect");
  CHECK(names_in(dir / "out").empty());
}

TEST_CASE("packing is cancelled by its token or its hook, and leaves nothing",
          "[pack]") {
  const TempDir dir;
  struct Slow : Numbers {
    Result<Bytes> read(std::size_t i) const {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return Numbers::read(i);
    }
  };
  const Slow pool{{.count = 5000}};
  std::stop_source stop;
  PackOptions options{
      .out = dir / "out", .shard_bytes = 5000, .stop = stop.get_token()};
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  const PackReport report = pack(pool, options);
  CHECK(report.ended == PackEnd::cancelled);
  CHECK(report.shards.empty());
  CHECK(report.packed < 5000);
  CHECK(report.brief_report().find("cancelled") != std::string::npos);
  CHECK(names_in(dir / "out").empty());

  options.stop = {};
  std::size_t calls = 0;
  options.progress = [&](const Progress& progress) {
    CHECK(progress.stage == "pack");
    CHECK(progress.total == 5000);
    ++calls;
    return Flow::stop;
  };
  CHECK(pack(pool, options).ended == PackEnd::cancelled);
  CHECK(calls == 1);
  CHECK(names_in(dir / "out").empty());
}

TEST_CASE("the hook hears the end", "[pack]") {
  const TempDir dir;
  Progress last;
  PackOptions options{.out = dir / "out"};
  options.progress = [&](const Progress& progress) {
    last = progress;
    return Flow::go_on;
  };
  pack(Numbers{.all_good = false}, options);
  CHECK(last.done == 100);
  CHECK(last.failed == 10);
}

TEST_CASE("shards that are there are not mixed with others", "[pack]") {
  const TempDir dir;
  const Numbers pool{.count = 10};
  pack(pool, {.out = dir / "out"});
  const auto before = files_in(dir / "out");
  CHECK(error_id([&] { pack(pool, {.out = dir / "out"}); }) == "pack.exists");
  CHECK(error_message([&] {
          pack(pool, {.out = dir / "out"});
        }).find("pool-000000.tar") != std::string::npos);
  CHECK(files_in(dir / "out") == before);
  // Another name, or another format, is another pool.
  CHECK(pack(pool, {.out = dir / "out", .name = "poo"}).shards.size() == 1);
  CHECK(pack(pool, {.format = PackFormat::tfrecord, .out = dir / "out"})
            .shards.size() == 1);
}

TEST_CASE("a disk that is full leaves nothing behind", "[pack]") {
  const TempDir dir;
  // A limit on the size of files is the nearest thing that needs no root.
  const bool held = test::holds_unprivileged([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{30'000, 30'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    const fs::path out = fs::temp_directory_path() /
                         ("quarry-pack-" + std::to_string(::getpid()));
    bool good = true;
    for (const PackFormat format : {PackFormat::tar, PackFormat::tfrecord}) {
      good = good && error_id([&] {
                       pack(Numbers(), {.format = format, .out = out});
                     }) == "file.write";
      good = good && names_in(out).empty();
    }
    fs::remove_all(out);
    return good;
  });
  CHECK(held);
}

TEST_CASE("an asynchronous source is packed without its bad samples",
          "[pack]") {
  const TempDir dir;
  const test::ToyAsyncSource pool{.count = 200};
  const PackReport report =
      pack(pool, {.out = dir / "out", .errors = {.max_bad = 0.5}});
  CHECK(report.packed == 100);
  const TarSource packed((dir / "out/*.tar").native(), {.extensions = {"bin"}});
  REQUIRE(packed.size() == 100);
  CHECK(text_of(packed, 99) == "bytes of 198");
}

TEST_CASE("options are checked by name", "[pack]") {
  const auto message = [](const PackOptions& options) {
    return error_message([&] { options.validate(); });
  };
  CHECK(message({}).find("out") == 0);
  CHECK(message({.out = "x", .name = ""}).find("name") == 0);
  CHECK(message({.out = "x", .name = "a/b"}).find("name") == 0);
  CHECK(message({.out = "x", .name = ".a"}).find("name") == 0);
  CHECK(message({.out = "x", .name = "a{1,2}"}).find("name") == 0);
  CHECK(message({.out = "x", .shard_bytes = 0}).find("shard_bytes") == 0);
  CHECK(message({.out = "x", .reads = 5000}).find("reads") == 0);
  CHECK(message({.out = "x", .waiting_bytes = 0}).find("waiting_bytes") == 0);
  CHECK(message({.out = "x", .errors = {.max_bad = 1.5}})
            .find("errors.max_bad") == 0);
  CHECK(message({.out = "x", .name = "a.B_c-9"}).empty());
  CHECK(error_id([] { pack(Numbers{.count = 0}, {.out = "/x"}); }) ==
        "pack.empty");
}

TEST_CASE("a folder that cannot be made is an error", "[pack]") {
  const TempDir dir;
  dir.write("file", "x");
  CHECK(error_id([&] { pack(Numbers(), {.out = dir / "file/out"}); }) ==
        "file.write");
}

}  // namespace
}  // namespace quarry
