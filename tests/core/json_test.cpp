#include "quarry/core/json.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using quarry::Json;
using quarry::parse_json;
using quarry::test::error_id;
using quarry::test::error_message;
using quarry::test::TempDir;

namespace {

std::string id_of(std::string_view text) {
  return error_id([&] { parse_json(text, "it"); });
}

std::string message_of(std::string_view text) {
  return error_message([&] { parse_json(text, "pool.jsonl:17"); });
}

}  // namespace

TEST_CASE("a document is parsed and keeps the order of its keys") {
  const Json json = parse_json(
      R"( {"z": 1, "a": [true, null, -2.5e3, "x"], "m": {}} )", "it");
  CHECK(json["a"][2] == -2500.0);
  CHECK(quarry::to_line(json) ==
        R"({"z":1,"a":[true,null,-2500.0,"x"],"m":{}})");
  CHECK(parse_json("\xEF\xBB\xBF[1]", "it") == Json::array({1}));
  CHECK(parse_json("18446744073709551615", "it") ==
        std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("what is no JSON is an error") {
  for (const char* text :
       {"",        " \n",      "{",       "}",       "[1,]",     "{\"a\":}",
        "{a:1}",   "nul",      "NaN",     "[NaN]",   "Infinity", "-",
        "01",      "1e999",    "\"",      "\"\\x\"", "[1] [2]",  "'a'",
        "// c\n1", "\"\xFF\"", "\"a\nb\""}) {
    INFO(text);
    CHECK(id_of(text) == "json.invalid");
  }
  CHECK(id_of(std::string_view("\0", 1)) == "json.invalid");
  CHECK(id_of(std::string_view("[1]\0", 4)) == "json.invalid");
  CHECK(id_of(std::string_view("[1]\0x", 5)) == "json.invalid");
}

TEST_CASE("the message names the text, the place and what was expected") {
  const std::string message = message_of("{\"a\": 1,\n \"b\" 2}");
  CHECK(message.find("pool.jsonl:17") == 0);
  CHECK(message.find("line 2, column") != message.npos);
  CHECK(message.find("expected ':'") != message.npos);
  CHECK(message.find("json.exception") == message.npos);
  CHECK(message_of("").find("empty") != std::string::npos);
}

TEST_CASE("the message stays short and on one line whatever the text holds") {
  const std::string message = message_of("\"" + std::string(1 << 20, '\n'));
  CHECK(message.size() < 400);
  CHECK(message.find('\n') == message.npos);
  CHECK(message_of(std::string(1 << 20, 'x')).size() < 400);
}

TEST_CASE("nesting is limited to 200 levels") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(id_of(nested(200)).empty());
  CHECK(id_of(nested(201)) == "json.invalid");
  CHECK(message_of(nested(201)).find("200 levels") != std::string::npos);
  CHECK(id_of(std::string(10'000'000, '[')) == "json.invalid");
  std::string objects;
  for (int i = 0; i < 201; ++i) objects += "{\"a\":";
  CHECK(message_of(objects).find("200 levels") != std::string::npos);
  // Brackets inside strings nest nothing, escaped quotes end none.
  CHECK(id_of("\"\\\"" + std::string(500, '[') + "\"").empty());
  // Siblings do not add up.
  std::string flat = "[0";
  for (int i = 0; i < 500; ++i) flat += ",[]";
  CHECK(id_of(flat + "]").empty());
}

TEST_CASE("an object has at most 4096 keys") {
  const auto object = [](int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) {
      text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"::\"";
    }
    return text + '}';
  };
  CHECK(id_of(object(4096)).empty());
  CHECK(id_of(object(4097)) == "json.invalid");
  CHECK(message_of(object(4097)).find("4096 keys") != std::string::npos);
  // Siblings and descendants do not add up.
  CHECK(id_of('[' + object(4096) + ',' + object(4096) + ']').empty());
  CHECK(id_of("{\"a\":" + object(4096) + ",\"b\":1}").empty());
}

TEST_CASE("garbage returns or raises json.invalid") {
  quarry::RandomStream random(31);
  const std::string seed =
      R"({"id":"a/1.jpg","n":[1,-2.5e-3,true,null],"s":"\u00e9\\\"x"})";
  for (int i = 0; i < 20000; ++i) {
    std::string text = seed;
    const std::uint64_t changes = 1 + random.below(4);
    for (std::uint64_t k = 0; k < changes; ++k) {
      const auto place = static_cast<std::size_t>(random.below(text.size()));
      if (random.below(3) == 0)
        text.erase(place, 1);
      else
        text[place] = static_cast<char>(random.below(256));
    }
    const std::string id = id_of(text);
    if (!id.empty()) REQUIRE(id == "json.invalid");
  }
}

TEST_CASE("a document goes to a file and back") {
  const TempDir dir;
  const Json json = {{"b", 1}, {"a", {1.5, "é"}}};
  quarry::write_json(dir / "x.json", json);
  CHECK(quarry::read_json(dir / "x.json") == json);
  CHECK(quarry::test::slurp(dir / "x.json") ==
        "{\n  \"b\": 1,\n  \"a\": [\n    1.5,\n    \"é\"\n  ]\n}\n");
  quarry::write_json(dir / "x.json", json, -1);
  CHECK(quarry::test::slurp(dir / "x.json") == "{\"b\":1,\"a\":[1.5,\"é\"]}\n");
  CHECK(error_id([&] { quarry::read_json(dir / "none"); }) == "file.not_found");
  CHECK(error_id([&] { quarry::write_json(dir / "no/x", json); }) ==
        "file.write");
  const auto bad = dir.write("bad.json", "{");
  CHECK(error_message([&] { quarry::read_json(bad); }).find("bad.json") !=
        std::string::npos);
}

TEST_CASE("what is written is JSON even of NaN and broken UTF-8") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Json json = {{"a", nan}, {"b", -HUGE_VAL}, {"c\xFF", "x\xC3\n"}};
  const std::string line = quarry::to_line(json);
  CHECK(line ==
        "{\"a\":null,\"b\":null,\"c\xEF\xBF\xBD\":\"x\xEF\xBF\xBD\\n\"}");
  const TempDir dir;
  quarry::write_json(dir / "x.json", json);
  CHECK(quarry::read_json(dir / "x.json")["a"].is_null());
}

TEST_CASE("a number is itself when it is finite and null when it is not") {
  CHECK(quarry::finite_or_null(0.1) == 0.1);
  CHECK(quarry::finite_or_null(HUGE_VAL).is_null());
  CHECK(quarry::finite_or_null(std::nan("")).is_null());
}

TEST_CASE("a double survives the way through text") {
  quarry::RandomStream random(37);
  for (int i = 0; i < 2000; ++i) {
    const double x = random.normal() * std::pow(10.0, random.uniform(-30, 30));
    REQUIRE(parse_json(quarry::to_line(Json(x)), "it").get<double>() == x);
  }
}
