#include "quarry/data/manifest_source.hpp"

#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/data/directory_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/data/shuffled.hpp"
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
using Text = std::optional<std::string>;

static_assert(DataSource<ManifestSource>);
static_assert(AsyncSource<ManifestSource>);

/// Writes a list and gives the id of the error that opening it raises.
std::string error_of(const TempDir& dir, std::string_view name,
                     std::string_view text) {
  const fs::path file = dir.write(name, text);
  return error_id([&] { ManifestSource source(file); });
}

/// The same, but the message.
std::string message_of(const TempDir& dir, std::string_view name,
                       std::string_view text) {
  const fs::path file = dir.write(name, text);
  return error_message([&] { ManifestSource source(file); });
}

TEST_CASE("a .jsonl manifest has uri, id and truth, a line each") {
  const TempDir dir;
  dir.write("img/a.jpg", "A");
  dir.write("b.jpg", "B");
  const ManifestSource source(dir.write("pool.jsonl",
                                        R"({"uri": "img/a.jpg"}
{"uri": "b.jpg", "id": "second", "truth": "cat", "extra": {"ignored": [1]}}

{"truth": 7, "id": 12, "uri": "./b.jpg"}
{"uri": "missing.jpg", "id": null, "truth": null}
{"uri": "missing.jpg", "id": "x", "truth": ""})"));
  CHECK(ids_of(source) == Ids{"img/a.jpg", "second", "12", "missing.jpg", "x"});
  CHECK(text_of(source, 0) == "A");
  CHECK(text_of(source, 1) == "B");
  CHECK(text_of(source, 2) == "B");
  CHECK(text_of(source, 3) == "[file.not_found]");
  CHECK(source.sample(0).truth == std::nullopt);
  CHECK(source.sample(1).truth == Text("cat"));
  CHECK(source.sample(2).truth == Text("7"));
  CHECK(source.sample(3).truth == std::nullopt);
  CHECK(source.sample(4).truth == std::nullopt);
  CHECK(source.sample(0).uri ==
        file_uri(fs::canonical(dir.path()) / "img/a.jpg"));
  CHECK(source.sample(2).uri == file_uri(fs::canonical(dir.path()) / "b.jpg"));
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("a .csv manifest has a header and columns in any order") {
  const TempDir dir;
  dir.write("a, b.jpg", "A");
  dir.write("new\nline.jpg", "N");
  const ManifestSource source(dir.write("pool.csv",
                                        "truth,other,uri,id\r\n"
                                        "cat,,\"a, b.jpg\",first\r\n"
                                        ",x,\"new\nline.jpg\",\r\n"
                                        "\"the \"\"dog\"\"\",,c.jpg,\r\n"));
  CHECK(ids_of(source) == Ids{"first", "./new%0Aline.jpg", "c.jpg"});
  CHECK(text_of(source, 0) == "A");
  CHECK(text_of(source, 1) == "N");
  CHECK(source.sample(0).truth == Text("cat"));
  CHECK(source.sample(1).truth == std::nullopt);
  CHECK(source.sample(2).truth == Text("the \"dog\""));
}

TEST_CASE("a .txt manifest has a URI a line, blanks and comments aside") {
  const TempDir dir;
  dir.write("a b.jpg", "A");
  dir.write("#c.jpg", "C");
  const ManifestSource source(dir.write(
      "pool.TXT", "# a comment\n\na b.jpg\n  \t\n./#c.jpg\n#\nd.jpg"));
  CHECK(ids_of(source) == Ids{"a b.jpg", "./#c.jpg", "d.jpg"});
  CHECK(text_of(source, 0) == "A");
  CHECK(text_of(source, 1) == "C");
}

TEST_CASE("line ends and a byte order mark change nothing") {
  const TempDir dir;
  const struct {
    std::string name;
    std::vector<std::string> lines;
  } lists[] = {{"p.txt", {"a.jpg", "b.jpg"}},
               {"p.csv", {"uri,truth", "a.jpg,cat", "b.jpg,dog"}},
               {"p.jsonl", {R"({"uri":"a.jpg"})", R"({"uri":"b.jpg"})"}}};
  for (const auto& list : lists) {
    for (const std::string mark : {"", "\xEF\xBB\xBF"}) {
      for (const std::string end : {"\n", "\r\n"}) {
        for (const bool last : {true, false}) {
          std::string text = mark;
          for (const std::string& line : list.lines) text += line + end;
          if (!last) text.resize(text.size() - end.size());
          CAPTURE(list.name, mark.size(), end.size(), last);
          CHECK(ids_of(ManifestSource(dir.write(list.name, text))) ==
                Ids{"a.jpg", "b.jpg"});
        }
      }
    }
  }
}

TEST_CASE("paths and file URIs may be absolute; ids stay as written") {
  const TempDir dir;
  const fs::path file = dir.write("elsewhere/a b#%41.jpg", "A");
  const std::string path = file.native();
  const std::string uri = file_uri(path);
  const std::string host = "file://localhost" + uri.substr(7);
  const ManifestSource source(dir.write(
      "list/pool.txt",
      path + '\n' + uri + '\n' + host + "\n../elsewhere/a b#%41.jpg\n"));
  CHECK(ids_of(source) == Ids{path, uri, host, "../elsewhere/a b#%41.jpg"});
  for (std::size_t i = 0; i < 4; ++i) CHECK(text_of(source, i) == "A");
  for (std::size_t i = 0; i < 3; ++i) CHECK(source.sample(i).uri == uri);
}

TEST_CASE("a path is taken as written, and else as a relative reference") {
  const TempDir dir;
  dir.write("a b.jpg", "space");
  dir.write("c d.jpg", "space");
  dir.write("c%20d.jpg", "percent");
  dir.write("100%.jpg", "hundred");
  const ManifestSource source(dir.write(
      "pool.txt",
      "a%20b.jpg\nc%20d.jpg\n100%.jpg\ne%20f.jpg\nimg:1.jpg\n%00.jpg\n"));
  CHECK(text_of(source, 0) == "space");
  CHECK(text_of(source, 1) == "percent");
  CHECK(text_of(source, 2) == "hundred");
  CHECK(text_of(source, 3) == "[file.not_found]");
  CHECK(text_of(source, 4) == "[file.not_found]");
  CHECK(text_of(source, 5) == "[file.not_found]");
  // The URI is that of the file which is read.
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(test::slurp(*path_of_uri(source.sample(i).uri)) ==
          text_of(source, i));
  }
  CHECK(source.sample(0).id == "a%20b.jpg");
}

TEST_CASE("a slash after a leading dot stays relative") {
  const TempDir dir;
  dir.write("a.jpg", "A");
  const ManifestSource source(
      dir.write("pool.txt", ".//a.jpg\n././a.jpg\n./\n.\n"));
  CHECK(text_of(source, 0) == "A");
  CHECK(text_of(source, 1) == "A");
  CHECK(text_of(source, 2) == "[file.not_regular]");
  CHECK(text_of(source, 3) == "[file.not_regular]");
}

TEST_CASE("names that are no text keep usable ids") {
  const TempDir dir;
  dir.write("caf\xE9.jpg", "A");
  const ManifestSource source(dir.write("pool.txt", "caf\xE9.jpg\n"));
  CHECK(ids_of(source) == Ids{"./caf%E9.jpg"});
  const ManifestSource remote(dir.write("urls.txt", "http://h/caf\xE9.jpg\n"));
  CHECK(ids_of(remote) == Ids{"http://h/caf%E9.jpg"});
  CHECK(remote.sample(0).uri == "http://h/caf%E9.jpg");
  CHECK(text_of(source, 0) == "A");
  CHECK(testing::check_source(source).ok());
}

TEST_CASE("a manifest of a directory's samples has its ids and its bytes") {
  const TempDir dir;
  for (const char* name : {"a/1.jpg", "b b/2.jpg", "c%/3.png", "\xFF.jpg"}) {
    dir.write(name, name);
  }
  const DirectorySource directory(dir.path());
  std::string text;
  const Shuffled shuffled(directory, 5);
  for (std::size_t i = 0; i < shuffled.size(); ++i) {
    const Sample sample = shuffled.sample(i);
    text += R"({"uri": ")" + sample.uri + R"(", "id": ")" + sample.id + "\"}\n";
  }
  const TempDir elsewhere;
  const ManifestSource source(elsewhere.write("pool.jsonl", text));
  CHECK(ids_of(source) == ids_of(shuffled));
  for (std::size_t i = 0; i < shuffled.size(); ++i) {
    CHECK(source.sample(i) == shuffled.sample(i));
    CHECK(text_of(source, i) == text_of(shuffled, i));
  }
}

TEST_CASE("a manifest without entries is a pool without samples") {
  const TempDir dir;
  CHECK(ManifestSource(dir.write("a.txt", "")).size() == 0);
  CHECK(ManifestSource(dir.write("b.txt", "\xEF\xBB\xBF# only this")).size() ==
        0);
  CHECK(ManifestSource(dir.write("c.jsonl", "\n \r\n\n")).size() == 0);
  CHECK(ManifestSource(dir.write("d.csv", "uri\n")).size() == 0);
  // Without its header a .csv is cut off, not empty.
  CHECK(error_of(dir, "e.csv", "") == "records.invalid");
}

TEST_CASE("a duplicate id names both lines") {
  const TempDir dir;
  CHECK(message_of(dir, "p.txt", "a\n\nb\n#\nc\nb\na\n") ==
        (dir / "p.txt").native() + ": lines 3 and 6 have the same id, \"b\"");
  CHECK(error_of(dir, "p.txt", "a\nb\na\n") == "source.duplicate_id");
  CHECK(message_of(dir, "p.csv", "uri,id\na,x\n\"b\nc\",y\nd,x\n")
            .find("lines 2 and 5") != std::string::npos);
  // An id given may be the URI of another.
  CHECK(error_of(dir, "p.jsonl",
                 "{\"uri\":\"a\"}\n{\"uri\":\"b\",\"id\":\"a\"}\n") ==
        "source.duplicate_id");
  CHECK(error_of(dir, "p.jsonl",
                 "{\"uri\":\"a\",\"id\":1}\n{\"uri\":\"b\",\"id\":\"1\"}\n") ==
        "source.duplicate_id");
  // The same file under two ids is allowed.
  CHECK(error_of(dir, "p.csv", "uri,id\na,x\na,y\n") == "");
}

TEST_CASE("what a list names on other hosts is read over the network") {
  const TempDir dir;
  dir.write("a.jpg", "here");
  const ManifestSource source(
      dir.write("p.csv",
                "uri,id,truth\na.jpg,,cat\n"
                "https://me:secret@Host/b.jpg?X-Amz-Signature=abc,,\n"
                "ftp://host/c%20d.jpg,mine,\n"));
  // Nothing has been asked for yet.
  CHECK(source.network().hosts.empty());
  REQUIRE(source.size() == 3);
  CHECK(source.is_async());
  CHECK(source.sample(0).id == "a.jpg");
  CHECK(source.sample(0).uri.starts_with("file:///"));
  CHECK(source.read(0).value().text() == "here");
  CHECK(source.sample(1).id == "https://Host/b.jpg?X-Amz-Signature=***");
  CHECK(source.sample(1).uri == "https://host/b.jpg?X-Amz-Signature=***");
  CHECK(source.sample(2).id == "mine");

  std::promise<std::string> read;
  source.read_async(0, [&](Result<Bytes> bytes) {
    read.set_value(std::string(bytes.value().text()));
  });
  CHECK(read.get_future().get() == "here");

  const ManifestSource local(dir.write("local.txt", "a.jpg\n"));
  CHECK_FALSE(local.is_async());
  CHECK(local.network().hosts.empty());
}

TEST_CASE("among what is not local a file is read on a thread of its own") {
  const TempDir dir;
  dir.write("a.jpg", "here");
  std::promise<std::thread::id> reader;
  std::promise<std::string> text;
  {
    const ManifestSource source(
        dir.write("p.txt", "a.jpg\nhttp://127.0.0.1:9/b.jpg\n"));
    source.read_async(0, [&](Result<Bytes> bytes) {
      reader.set_value(std::this_thread::get_id());
      text.set_value(std::string(bytes.value().text()));
    });
    // The last handle goes while the file is read.
  }
  CHECK(reader.get_future().get() != std::this_thread::get_id());
  CHECK(text.get_future().get() == "here");
}

TEST_CASE("URLs that only their secrets tell apart have ids that differ") {
  const TempDir dir;
  const Ids ids = ids_of(ManifestSource(dir.write(
      "p.txt", "https://h/get?token=abc\nhttps://h/get?token=abd\na.jpg\n")));
  CHECK(ids[0] == "https://h/get?token=***ba7816bf");
  CHECK(ids[1].starts_with("https://h/get?token=***"));
  CHECK(ids[2] == "a.jpg");
  CHECK(ids_of(ManifestSource(dir.write(
            "q.txt", "https://h/a?token=abc\nhttps://h/b?token=abc\n"))) ==
        Ids{"https://h/a?token=***", "https://h/b?token=***"});
  CHECK(error_of(dir, "r.txt",
                 "https://h/get?token=abc\nhttps://me:pw@h/get?token=abc\n") ==
        "source.duplicate_id");
}

TEST_CASE("keys of buckets keep their look, and a bucket alone is no sample") {
  const TempDir dir;
  const ManifestOptions anybody{.s3 = {.anonymous = true}};
  const ManifestSource source(
      dir.write("p.txt", "s3://b/a@c?token=x#y\nS3://b/d e\ngs://b/f\n"),
      anybody);
  CHECK(ids_of(source) ==
        Ids{"s3://b/a@c?token=x#y", "S3://b/d e", "gs://b/f"});
  CHECK(source.sample(0).uri == "s3://b/a@c?token=x#y");
  for (const char* uri : {"s3://b", "s3://b/", "gs://b/"}) {
    const fs::path list = dir.write("q.txt", std::string(uri) + '\n');
    CHECK(error_id([&] { ManifestSource pool(list, anybody); }) == "net.url");
  }
}

TEST_CASE("a URI that cannot be read is an error that names line and scheme") {
  const TempDir dir;
  const auto error = [&](const std::string& uri) {
    return error_of(dir, "p.txt", "a.jpg\n" + uri + '\n');
  };
  CHECK(error("hf://name/file") == "source.scheme");
  CHECK(error("gopher://host/a") == "source.scheme");
  CHECK(error("http://host:port/a") == "net.url");
  CHECK(error("http://host/a b") == "net.url");
  CHECK(error("s3://") == "net.url");
  CHECK(error("http:///me:pw@host/a") == "net.url");
  const std::string message =
      message_of(dir, "p.txt", "a.jpg\nhttps://user:secret@ho st/a\n");
  CHECK(message.find("p.txt:2: ") != std::string::npos);
  CHECK(message.find("secret") == std::string::npos);
}

TEST_CASE("garbage in a manifest is an error that names its line") {
  const TempDir dir;
  const struct {
    const char* name;
    std::string text;
    const char* id;
    const char* line;
  } lists[] = {
      {"p.jsonl", "{\"uri\":\"a\"}\n{\"uri\":", "json.invalid", ":2"},
      {"p.jsonl", "{\"uri\":\"a\"} {}\n", "json.invalid", ":1"},
      {"p.jsonl", "{\"uri\":\"\xFF\"}\n", "json.invalid", ":1"},
      {"p.jsonl", "\n[\"a\"]\n", "source.manifest", ":2"},
      {"p.jsonl", "\"a\"\n", "source.manifest", ":1"},
      {"p.jsonl", "a.jpg\n", "json.invalid", ":1"},
      {"p.jsonl", "{}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":\"\"}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":null}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":[\"a\"]}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":\"a\",\"id\":true}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":\"a\",\"truth\":{}}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":\"a\\u0000b\"}\n", "source.manifest", ":1"},
      {"p.jsonl", "{\"uri\":\"a\",\"id\":\"x\\ny\"}\n", "source.manifest",
       ":1"},
      {"p.csv", "path,id\na,b\n", "source.manifest", ":1"},
      {"p.csv", "uri,id\na,b\n,c\n", "source.manifest", ":3"},
      {"p.csv", "uri,id\na,\xFF\n", "source.manifest", ":2"},
      {"p.csv", "uri,id\na\n", "records.invalid", ":2"},
      {"p.csv", "uri,id\n\"a,b\n", "records.invalid", ":2"},
      {"p.txt", "a\nfile:b\n", "source.uri", ":2"},
      {"p.txt", "a\nfile:///b%\n", "source.uri", ":2"},
      {"p.txt", std::string("a\nb\0c\n", 6), "records.invalid", ":2"},
  };
  for (const auto& list : lists) {
    CAPTURE(list.name, list.text);
    CHECK(error_of(dir, list.name, list.text) == list.id);
    const std::string place = list.name + std::string(list.line);
    CHECK(message_of(dir, list.name, list.text).find(place) !=
          std::string::npos);
  }
}

TEST_CASE("any bytes whatsoever are a manifest or an error") {
  const TempDir dir;
  RandomStream random(11);
  const std::string_view alphabet =
      "{}[]:,\"\\ \n\r#%uriadtruhe01./\xEF\xBB\xBF\xFF";
  for (int round = 0; round < 600; ++round) {
    std::string text = round % 3 == 0 ? "{\"uri\":\"" : "uri,id\n";
    const auto length = random.below(40);
    for (std::uint64_t k = 0; k < length; ++k) {
      text += round % 2 == 0 ? static_cast<char>(random.below(256))
                             : alphabet[random.below(alphabet.size())];
    }
    for (const char* name : {"p.jsonl", "p.csv", "p.txt"}) {
      const fs::path file = dir.write(name, text);
      error_id([&] {
        const ManifestSource source(file);
        for (std::size_t i = 0; i < source.size(); ++i) {
          CHECK_FALSE(source.sample(i).id.empty());
        }
      });
    }
  }
}

TEST_CASE("a line of 1 GB is an error before it is in memory") {
  const TempDir dir;
  for (const char* name : {"p.txt", "p.jsonl", "p.csv"}) {
    // 17 MiB that are written, and a hole after them.
    const fs::path file = dir.write(name, std::string(17 << 20, 'a'));
    fs::resize_file(file, std::uintmax_t{1} << 30);
    CAPTURE(name);
    CHECK(error_id([&] { ManifestSource source(file); }) == "records.too_long");
  }
  const fs::path file = dir.write("q.txt", "12345678\n1234567890\n");
  CHECK(ManifestSource(file, {.max_line_bytes = 16}).size() == 2);
  CHECK(error_id([&] { ManifestSource source(file, {.max_line_bytes = 9}); }) ==
        "records.too_long");
}

TEST_CASE("what is no readable list is an error that names it") {
  const TempDir dir;
  dir.write("pool.jsonl", "");
  const auto open = [&](const fs::path& file) {
    return [file] {
      ManifestSource source(file);
    };
  };
  CHECK(error_id(open(dir / "pol.jsonl")) == "source.not_found");
  CHECK(error_id(open(dir.write("pool.json", ""))) == "source.format");
  CHECK(error_id(open(dir.write("pool", ""))) == "source.format");
  fs::create_directory(dir / "folder.txt");
  CHECK(error_id(open(dir / "folder.txt")) == "file.not_regular");
  test::make_fifo(dir / "fifo.txt");
  CHECK(error_id(open(dir / "fifo.txt")) == "file.not_regular");
}

TEST_CASE("files that a manifest lists fail one by one") {
  const TempDir dir;
  dir.write("large.jpg", "12345");
  dir.write("small.jpg", "1234");
  test::make_fifo(dir / "fifo.jpg");
  const ManifestSource source(
      dir.write("pool.txt", "fifo.jpg\nlarge.jpg\nsmall.jpg\n/nowhere/x.jpg\n"),
      {.max_file_bytes = 4});
  CHECK(text_of(source, 0) == "[file.not_regular]");
  CHECK(text_of(source, 1) == "[file.too_large]");
  CHECK(text_of(source, 2) == "1234");
  CHECK(text_of(source, 3) == "[file.not_found]");
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("manifest options out of range are refused") {
  CHECK(error_id([] { ManifestOptions{.max_line_bytes = 0}.validate(); }) ==
        "source.option");
  CHECK(error_id([] { ManifestOptions{.max_file_bytes = 0}.validate(); }) ==
        "source.option");
  CHECK(error_id([] { ManifestOptions{}.validate(); }) == "");
}

}  // namespace
}  // namespace quarry
