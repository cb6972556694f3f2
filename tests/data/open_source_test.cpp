#include "quarry/data/open_source.hpp"

#include <filesystem>
#include <string>

#include "quarry/data/file_uri.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/data/pack.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using test::error_id;
using test::TempDir;

std::string id_of(const std::string& text) {
  return error_id([&] { (void)open_source(text); });
}

std::string hint_of(const std::string& text) {
  try {
    (void)open_source(text);
  } catch (const Error& error) {
    return error.hint();
  }
  return "";
}

TEST_CASE("a directory, a manifest and CIFAR-10 are opened by their names") {
  const TempDir dir;
  dir.write("pool/cat/a.jpg", "A");
  dir.write("pool/notes", "");
  dir.write("pool.csv", "uri\npool/cat/a.jpg\n");
  dir.write("cifar/test_batch.bin", std::string(3073, '\1'));

  const OpenedSource directory = open_source((dir / "pool/").native());
  CHECK(directory.kind == "directory");
  CHECK(directory.raw_shape.empty());
  CHECK(directory.ignored == 1);
  CHECK(test::text_of(directory.source, "cat/a.jpg") == "A");
  CHECK(directory.source.sample(0).truth == std::nullopt);

  const OpenedSource manifest = open_source((dir / "pool.csv").native());
  CHECK(manifest.kind == "manifest");
  CHECK(manifest.raw_shape.empty());
  CHECK(test::text_of(manifest.source, "pool/cat/a.jpg") == "A");

  const OpenedSource cifar =
      open_source("cifar10:" + (dir / "cifar").native() + "#test");
  CHECK(cifar.kind == "cifar10");
  CHECK(cifar.raw_shape == std::vector<std::size_t>{3, 32, 32});
  CHECK(cifar.source.sample(0).id == "test_batch.bin#0");
}

TEST_CASE("only a URL has a query behind the name of a list") {
  const TempDir dir;
  dir.write("a#b?c/list.txt", "a.jpg\n");
  CHECK(open_source((dir / "a#b?c/list.txt").native()).kind == "manifest");
  CHECK(open_source(file_uri(dir / "a#b?c/list.txt")).kind == "manifest");
  CHECK(id_of((dir / "a#b?c").native() + "/list.jpg#.txt") ==
        "source.not_found");
}

TEST_CASE("a text that grants access is told from one that does not") {
  for (const char* text :
       {"ftp://me:secret@host/pool/", "https://me@host/list.txt",
        "https://host/list.txt?token=abc",
        "tar:https://me:secret@host/a-{000..009}.tar"}) {
    CAPTURE(text);
    CHECK(grants_access(text));
  }
  for (const char* text :
       {"pool/", "me@home/list.txt", "cifar10:me@home", "https://host/list.txt",
        "https://höst/list.txt?page=2", "s3://bucket/me@home/",
        "tar:s3://bucket/a-{000..009}.tar", "file:///me@home/list.txt"}) {
    CAPTURE(text);
    CHECK_FALSE(grants_access(text));
  }
}

TEST_CASE("file URIs name directories and manifests too") {
  const TempDir dir;
  dir.write("a pool/a.jpg", "A");
  dir.write("list.txt", "a pool/a.jpg\n");
  CHECK(open_source(file_uri(dir / "a pool")).kind == "directory");
  CHECK(open_source(file_uri(dir / "list.txt")).kind == "manifest");
  CHECK(id_of("file:relative") == "source.uri");
}

TEST_CASE("shards are opened by their kind, and options reach them") {
  const TempDir dir;
  const MemorySource pool({{.sample = {.id = "a.jpg", .uri = "a", .truth = "x"},
                            .bytes = Bytes::take(std::string("A"))}});
  pack(pool, {.out = dir / "out"});
  pack(pool, {.format = PackFormat::tfrecord, .out = dir / "out"});
  const OpenedSource tar = open_source("tar:" + (dir / "out/*.tar").native());
  CHECK(tar.kind == "tar");
  CHECK(test::text_of(tar.source, "pool-000000.tar#a.jpg") == "A");
  const std::string text = "tfrecord:" + (dir / "out/*.tfrecord").native();
  const OpenedSource records = open_source(text);
  CHECK(records.kind == "tfrecord");
  CHECK(records.name == text);
  CHECK(records.raw_shape.empty());
  CHECK(test::text_of(records.source, 0) == "A");
  CHECK(records.source.sample(0).truth == "x");
  const OpenedSource other = open_source(
      text,
      {.image_feature = "image/filename", .label_feature = "image/encoded"});
  CHECK(test::text_of(other.source, 0) == "a.jpg");
  CHECK(other.source.sample(0).truth == "A");
}

TEST_CASE("options reach the directory") {
  const TempDir dir;
  dir.write("cat/a.jpg", "");
  dir.write("work/b.jpg", "");
  const OpenedSource opened =
      open_source(dir.path().native(),
                  {.truth_from_parent = true, .exclude = {dir / "work"}});
  REQUIRE(opened.source.size() == 1);
  CHECK(opened.source.sample(0).truth == std::string("cat"));
}

TEST_CASE("the split of CIFAR-10 comes from the option or the fragment") {
  const TempDir dir;
  for (const std::string name :
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
        "data_batch_5", "test_batch"}) {
    dir.write(name + ".bin", std::string(3073, '\1'));
  }
  const std::string text = "cifar10:" + dir.path().native();
  CHECK(open_source(text).source.size() == 5);
  CHECK(open_source(text + "#all").source.size() == 6);
  CHECK(open_source(text + "#test").source.size() == 1);
  CHECK(open_source(text, {.cifar10_split = Cifar10Split::all}).source.size() ==
        6);
  CHECK(open_source(text + "#train", {.cifar10_split = Cifar10Split::test})
            .source.size() == 5);
}

TEST_CASE("a pool that cannot be read is an error that says what to do") {
  for (const std::string text :
       {"tfrecord:hf://name/a", "tar:hf://name/a.tar", "tar:ftp://host/a.tar",
        "hf://name", "gopher://h/"}) {
    CAPTURE(text);
    CHECK(id_of(text) == "source.scheme");
    CHECK_FALSE(hint_of(text).empty());
  }
  CHECK(id_of("http://host/picture.jpg") == "source.format");
  CHECK(id_of("http://ho st/list.txt") == "net.url");
  CHECK(id_of("s3:///key") == "net.url");
  CHECK(test::error_message([&] {
          (void)open_source("https://user:secret@host/");
        }).find("secret") == std::string::npos);
}

TEST_CASE("a pool that does not exist is named, with what is nearest to it") {
  const TempDir dir;
  dir.write("images/a.jpg", "");
  dir.write("pool.jsonl", "");
  CHECK(id_of((dir / "imagse").native()) == "source.not_found");
  CHECK(hint_of((dir / "imagse").native()) ==
        "did you mean " + (dir / "images").native() + '?');
  CHECK(hint_of((dir / "imagse/").native()) ==
        "did you mean " + (dir / "images").native() + '?');
  CHECK(hint_of((dir / "Images").native()) ==
        "did you mean " + (dir / "images").native() + '?');
  CHECK(hint_of((dir / "pool.json").native()) ==
        "did you mean " + (dir / "pool.jsonl").native() + '?');
  CHECK(hint_of((dir / "unlike").native()) == "");
  CHECK(hint_of((dir / "images/x/y/z").native()) ==
        "of this path only " + (dir / "images").native() + " exists");
  CHECK(id_of("") == "source.not_found");
  CHECK(id_of("cifar10:") == "source.not_found");
  CHECK(id_of("cifar10:" + (dir / "nowhere").native()) == "source.not_found");
}

TEST_CASE("a pool that the system cannot look at is unreadable, and why") {
  const TempDir dir;
  fs::create_symlink("loop", dir / "loop");
  const std::string loop = (dir / "loop").native();
  const std::string endless = (dir / std::string(300, 'x')).native();
  for (const std::string& pool :
       {loop, endless, "cifar10:" + loop, "cifar10:" + endless}) {
    CAPTURE(pool);
    CHECK(id_of(pool) == "source.unreadable");
  }
  const std::string message =
      test::error_message([&] { (void)open_source(loop); });
  CHECK(message.find("symbolic links") != std::string::npos);
  dir.write("locked/pool.jsonl", "");
  fs::permissions(dir.path(), fs::perms(0755));
  fs::permissions(dir / "locked", fs::perms(0));
  CHECK(test::holds_unprivileged([&] {
    const std::string inner = (dir / "locked/pool.jsonl").native();
    return id_of(inner) == "source.unreadable" &&
           id_of("cifar10:" + inner) == "source.unreadable";
  }));
  fs::permissions(dir / "locked", fs::perms(0700));
}

TEST_CASE("a file that is no manifest is an error that says what is") {
  const TempDir dir;
  CHECK(id_of(dir.write("a.jpg", "").native()) == "source.format");
  CHECK(id_of(dir.write("pool.zip", "").native()) == "source.format");
  CHECK(hint_of((dir / "pool.zip").native()).find(".jsonl") !=
        std::string::npos);
  test::make_fifo(dir / "fifo");
  CHECK(id_of((dir / "fifo").native()) == "source.format");
}

TEST_CASE("the list of sources names each kind that can be opened") {
  std::vector<std::string> names;
  for (const SourceInfo& info : list_sources()) {
    names.emplace_back(info.name);
    CHECK_FALSE(info.example.empty());
    CHECK_FALSE(info.description.empty());
  }
  CHECK(names == std::vector<std::string>{"directory", "manifest", "cifar10",
                                          "tar", "tfrecord", "http", "s3",
                                          "ftp"});
}

}  // namespace
}  // namespace quarry
