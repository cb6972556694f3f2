#include "quarry/core/detail/json_fields.hpp"

#include <array>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"
#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using quarry::Json;
using quarry::detail::JsonField;
using quarry::test::error_id;
using quarry::test::error_message;

namespace {

using Fields = std::array<JsonField, 2>;

/// A reader that stands on line 1 of a file called "x.jsonl".
struct Place {
  Place() { reader.next(line); }
  quarry::test::TempDir dir;
  std::string line;
  quarry::detail::LineReader reader{dir.write("x.jsonl", "{}")};
};

/// What `text` has under "a" and "b": "text|", "|", or the complaint.
std::string read(std::string_view text) {
  const Place place;
  Fields fields{{{"a"}, {"b"}}};
  const std::string complaint =
      quarry::detail::read_fields(text, place.reader, fields);
  if (!complaint.empty()) return complaint;
  std::string all;
  for (const JsonField& field : fields)
    all += (field.present() ? field.text : "-") + '|';
  return all;
}

}  // namespace

TEST_CASE("fields are taken from the outermost object alone") {
  CHECK(read(R"({"a":"x","b":"y"})") == "x|y|");
  CHECK(read(R"({"b":7,"c":[{"a":"no"}],"d":{"b":"no"}})") == "-|7|");
  CHECK(read(R"({"a":null,"b":""})") == "-||");
  CHECK(read(R"({"a":-1,"b":2.50})") == "-1|2.5|");
  CHECK(read(R"({"a":18446744073709551615,"b":1e3})") ==
        "18446744073709551615|1000.0|");
  CHECK(read(R"({"a":"x","a":"y"})") == "y|-|");
  CHECK(read(R"({"a":"x","a":null})") == "-|-|");
  CHECK(read(R"({"\u0061":"\u00e9\n"})") == "\xC3\xA9\n|-|");
}

TEST_CASE("what is no object of texts and numbers is complained of") {
  CHECK(read("[1]") == "not an object but array");
  CHECK(read("\"a\"") == "not an object but string");
  CHECK(read("null") == "not an object but null");
  CHECK(read("[{\"a\":true}]") == "not an object but array");
  CHECK(read(R"({"a":true})") ==
        "\"a\" is boolean, but must be a text or a number");
  CHECK(read(R"({"b":["x"]})") ==
        "\"b\" is array, but must be a text or a number");
  CHECK(read(R"({"b":{"b":"x"}})") ==
        "\"b\" is object, but must be a text or a number");
}

TEST_CASE("the place is named where a line is no JSON") {
  CHECK(error_message([] {
          read("{\"a\":");
        }).find("x.jsonl:1 is no valid JSON: line 1, column 6") !=
        std::string::npos);
  CHECK(error_id([] { read("{\"a\":" + std::string(100'000, '[')); }) ==
        "json.invalid");
}

TEST_CASE("a line gives the fields that the whole document would give") {
  quarry::RandomStream random(31);
  const std::string seed = R"({"a":"x/1.jpg","c":[1,{"a":2}],"b":-2.5e-3})";
  const Place place;
  Fields fields{{{"a"}, {"b"}}};
  int objects = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = seed;
    const std::uint64_t changes = random.below(4);
    for (std::uint64_t k = 0; k < changes; ++k) {
      const auto at = static_cast<std::size_t>(random.below(text.size()));
      if (random.below(3) == 0)
        text.erase(at, 1);
      else
        text[at] = static_cast<char>(1 + random.below(127));
    }
    CAPTURE(text);
    Json whole;
    const std::string id =
        error_id([&] { whole = quarry::parse_json(text, "it"); });
    std::string complaint;
    REQUIRE(error_id([&] {
              complaint =
                  quarry::detail::read_fields(text, place.reader, fields);
            }) == id);
    if (!id.empty()) continue;
    REQUIRE(complaint.starts_with("not an object") == !whole.is_object());
    if (!complaint.empty()) continue;
    ++objects;
    for (const JsonField& field : fields) {
      const auto found = whole.find(std::string(field.key));
      const bool there = found != whole.end() && !found->is_null();
      REQUIRE(field.present() == there);
      if (!there) continue;
      REQUIRE(field.text ==
              (found->is_string() ? found->get<std::string>() : found->dump()));
    }
  }
  CHECK(objects > 5000);
}
