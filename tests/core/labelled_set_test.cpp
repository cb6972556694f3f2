#include "quarry/core/labelled_set.hpp"

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "quarry/core/npy.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using quarry::LabelledSet;
using quarry::test::error_id;
using quarry::test::error_message;
using quarry::test::TempDir;

namespace {

using Entries = std::vector<LabelledSet::Entry>;

Entries entries_of(const LabelledSet& set) {
  return {set.begin(), set.end()};
}

Entries load(const std::string& name, const std::string& text) {
  const TempDir dir;
  return entries_of(LabelledSet::load(dir.write(name, text)));
}

// The id of the error, then its message from the file's name on.
std::string load_error(const std::string& name, const std::string& text) {
  try {
    load(name, text);
  } catch (const quarry::Error& error) {
    const std::string& message = error.message();
    const auto place = message.find(name);
    REQUIRE(place != message.npos);
    return std::string(error.id()) + " " + message.substr(place);
  }
  return "";
}

bool starts(const std::string& text, const std::string& start) {
  INFO(text);
  CHECK(text.substr(0, start.size()) == start);
  return text.substr(0, start.size()) == start;
}

const Entries three{{"a", "cat"}, {"b", std::nullopt}, {"c/1.jpg", "7"}};

Entries by_uri(Entries entries) {
  for (LabelledSet::Entry& entry : entries) std::swap(entry.id, entry.uri);
  return entries;
}

}  // namespace

TEST_CASE("a labelled set knows its ids, their labels and their order") {
  LabelledSet set({{"b", "cat"}, {"a"}});
  set.add({"c", "dog"});
  CHECK(set.size() == 3);
  CHECK_FALSE(set.empty());
  CHECK(set.contains("a"));
  CHECK_FALSE(set.contains("d"));
  CHECK(set.label("b") == "cat");
  CHECK_FALSE(set.label("a").has_value());
  CHECK_FALSE(set.label("d").has_value());
  CHECK(entries_of(set) == Entries{{"b", "cat"}, {"a"}, {"c", "dog"}});
  CHECK(LabelledSet().empty());
}

TEST_CASE("an id stands in a labelled set once") {
  LabelledSet set({{"a", "cat"}});
  CHECK(error_id([&] { set.add({"a", "dog"}); }) == "labelled.duplicate");
  CHECK(set.size() == 1);
  CHECK(set.label("a") == "cat");
  CHECK(error_id([] {
          LabelledSet({{"a"}, {"b"}, {"a"}});
        }) == "labelled.duplicate");
}

TEST_CASE("a labelled set is a value: a copy goes its own way") {
  LabelledSet set({{"a"}});
  LabelledSet copy = set;
  copy.add({"b"});
  CHECK_FALSE(set.contains("b"));
  CHECK(copy.contains("a"));
}

TEST_CASE("every kind of file gives the same set") {
  CHECK(load("x.jsonl",
             "{\"id\":\"a\",\"label\":\"cat\"}\n\n"
             "{\"id\":\"b\",\"label\":null}\r\n"
             "{\"label\":7,\"id\":\"c/1.jpg\",\"uri\":\"other\"}") == three);
  CHECK(load("x.csv", "label,id\ncat,a\n,b\n7,c/1.jpg\n") == three);
  CHECK(load("x.csv",
             "\xEF\xBB\xBFuri,label\r\na,cat\r\nb,\r\n\r\n\"c/1.jpg\",7") ==
        by_uri(three));
  CHECK(load("x.jsonl",
             "{\"uri\":\"a\",\"label\":\"cat\"}\n"
             "{\"id\":null,\"uri\":\"b\"}\n"
             "{\"label\":7,\"uri\":\"c/1.jpg\"}") == by_uri(three));
  CHECK(load("x.csv", "id,uri\n,x\n") == by_uri({{"x"}}));
  CHECK(load("x.csv", "id,uri\na,x\n") == Entries{{"a"}});
  CHECK(load("x.txt",
             "\xEF\xBB\xBF"
             "# a comment\r\na\r\n\nb c\n  \nd") ==
        Entries{{"a"}, {"b c"}, {"d"}});
  CHECK(load("x.txt", "").empty());
}

TEST_CASE("a sample is found by its id, and where none is given by its URI") {
  const LabelledSet set({{"a", "1"},
                         {"", "2", "file:///pool/b.jpg"},
                         {"", "3", "c.jpg"},
                         {"d", "4", "file:///pool/e.jpg"}});
  const auto label = [&](const std::string& id, const std::string& uri) {
    const LabelledSet::Entry* entry = set.find({id, uri});
    return entry == nullptr ? "" : entry->label.value();
  };
  CHECK(label("a", "file:///pool/a.jpg") == "1");
  CHECK(label("a", "file:///pool/b.jpg") == "1");
  CHECK(label("b", "file:///pool/b.jpg") == "2");
  CHECK(label("c.jpg", "file:///pool/c.jpg") == "3");
  CHECK(label("e", "file:///pool/e.jpg").empty());
  CHECK_FALSE(set.contains("c.jpg"));
  CHECK(set.begin()[1].name() == "file:///pool/b.jpg");
  CHECK(starts(load_error("x.jsonl", "{\"uri\":\"a\"}\n{\"uri\":\"a\"}"),
               "labelled.duplicate x.jsonl:2: 'a'"));
}

TEST_CASE("row numbers of any integer dtype become ids") {
  const TempDir dir;
  const auto id = [](std::size_t row) {
    return "row" + std::to_string(row);
  };
  const auto check = [&]<class T>(T) {
    const std::vector<T> rows{3, 0, 100};
    quarry::write_npy(dir / "x.npy", quarry::ArrayView(rows.data(), {3}));
    CHECK(entries_of(LabelledSet::load(dir / "x.npy", id)) ==
          Entries{{"row3"}, {"row0"}, {"row100"}});
    CHECK(entries_of(LabelledSet::load(dir / "x.npy")) ==
          Entries{{"3"}, {"0"}, {"100"}});
  };
  check(std::int8_t{});
  check(std::int16_t{});
  check(std::int32_t{});
  check(std::int64_t{});
  check(std::uint8_t{});
  check(std::uint16_t{});
  check(std::uint32_t{});
  check(std::uint64_t{});
  quarry::write_npy(
      dir / "x.npy",
      quarry::ArrayView(static_cast<std::int64_t*>(nullptr), {0}));
  CHECK(LabelledSet::load(dir / "x.npy", id).empty());
}

TEST_CASE("arrays that are no list of rows are invalid") {
  const TempDir dir;
  const auto write = [&]<class T>(T value, std::size_t rows, std::size_t cols) {
    const std::vector<T> values(rows * cols, value);
    if (cols > 1)
      quarry::write_npy(dir / "x.npy",
                        quarry::ArrayView(values.data(), {rows, cols}));
    else
      quarry::write_npy(dir / "x.npy",
                        quarry::ArrayView(values.data(), {rows}));
    return error_id([&] { LabelledSet::load(dir / "x.npy"); });
  };
  CHECK(write(std::int64_t{1}, 1, 1).empty());
  CHECK(write(-1.0F, 1, 1) == "labelled.invalid");
  CHECK(write(1.0, 1, 1) == "labelled.invalid");
  CHECK(write(std::int32_t{-1}, 1, 1) == "labelled.invalid");
  CHECK(write(std::int64_t{1}, 1, 2) == "labelled.invalid");
  CHECK(write(std::int64_t{1}, 2, 1) == "labelled.duplicate");
  CHECK(write(~std::uint64_t{0}, 1, 1) == "npy.invalid");
  CHECK(error_message([&] {
          LabelledSet::load(dir / "x.npy");
        }).find("x.npy holds") != std::string::npos);
  const bool mask[] = {true, false};
  quarry::write_npy(dir / "x.npy", quarry::ArrayView(mask, {2}));
  CHECK(error_id([&] { LabelledSet::load(dir / "x.npy"); }) ==
        "labelled.invalid");
  // What the caller says about a row is passed on.
  const std::int32_t row = 9;
  quarry::write_npy(dir / "x.npy", quarry::ArrayView(&row, {1}));
  CHECK(error_id([&] {
          LabelledSet::load(dir / "x.npy", [](std::size_t) -> std::string {
            quarry::raise("pool.no_row", "");
          });
        }) == "pool.no_row");
}

TEST_CASE("what is wrong with a file is told with its line") {
  CHECK(starts(load_error("x.jsonl", "{\"id\":\"a\"}\n\n{\"id\":\"a\"}"),
               "labelled.duplicate x.jsonl:3: 'a'"));
  CHECK(starts(load_error("x.jsonl", "{\"id\":\"a\"}\n{\"name\":\"a\"}"),
               "labelled.invalid x.jsonl:2:"));
  CHECK(starts(load_error("x.jsonl", "{\"id\":\"a\"}\n[1]"),
               "labelled.invalid x.jsonl:2:"));
  CHECK(starts(load_error("x.jsonl", "{\"id\":[\"a\"]}"),
               "labelled.invalid x.jsonl:1:"));
  CHECK(starts(load_error("x.jsonl", "{\"id\":\"a\",\"label\":{}}"),
               "labelled.invalid x.jsonl:1:"));
  CHECK(starts(load_error("x.jsonl", "{\"id\":\"a\",\"label\":true}"),
               "labelled.invalid x.jsonl:1: \"label\" is boolean, but"));
  CHECK(starts(load_error("x.jsonl", "{\"id\":\"\"}"),
               "labelled.invalid x.jsonl:1: an empty id"));
  CHECK(starts(load_error("x.jsonl", "\n{\"id\""), "json.invalid x.jsonl:2"));
  CHECK(
      starts(load_error("x.csv", "name,label\n"), "labelled.invalid x.csv:1:"));
  CHECK(starts(load_error("x.csv", "id,label\na,b\n\"\",x\n"),
               "labelled.invalid x.csv:3: an empty id"));
  CHECK(starts(load_error("x.csv", "id,label\na,b\na,c\n"),
               "labelled.duplicate x.csv:3:"));
  CHECK(starts(load_error("x.csv", "id,label\na,\"b\n"),
               "records.invalid x.csv:2:"));
  CHECK(starts(load_error("x.txt", "a\n\na\n"), "labelled.duplicate x.txt:3:"));
  CHECK(starts(load_error("x.npy", "no array"), "npy.invalid x.npy"));
  CHECK(starts(load_error("x.json", "[]"), "labelled.invalid x.json"));
}

TEST_CASE("a labelled set that is not there is not found") {
  const TempDir dir;
  CHECK(error_id([&] { LabelledSet::load(dir / "x.csv"); }) ==
        "labelled.not_found");
  CHECK(error_message([&] {
          LabelledSet::load(dir / "x.csv");
        }).find("x.csv") != std::string::npos);
  CHECK(error_id([&] { LabelledSet::load(dir.path()); }) == "labelled.invalid");
  std::filesystem::create_directory(dir / "d.csv");
  CHECK(error_id([&] { LabelledSet::load(dir / "d.csv"); }) ==
        "file.not_regular");
}
