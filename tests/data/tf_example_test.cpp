#include "data/tf_example.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;
using namespace std::string_literals;
using Kind = TfFeature::Kind;

namespace {

Result<TfExample> parse(std::string_view bytes) {
  return parse_tf_example(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

std::string field(int number, const std::string& bytes) {
  REQUIRE(bytes.size() < 128);
  return std::string{static_cast<char>(number * 8 + 2),
                     static_cast<char>(bytes.size())} +
         bytes;
}

/// A tf.Example of one feature whose list is `list`, of the kind `number`.
std::string example_of(const std::string& name, int number,
                       const std::string& list) {
  return field(1, field(1, field(1, name) + field(2, field(number, list))));
}

/// What the bytes hold under "x", or none.
TfFeature x_of(std::string_view bytes) {
  const Result<TfExample> example = parse(bytes);
  if (!example.ok() || !example->contains("x")) return {};
  return example->find("x")->second;
}

bool is_bad(std::string_view bytes) {
  const Result<TfExample> example = parse(bytes);
  return !example.ok() && example.error().id == ErrorId("tfrecord.example");
}

TfExample many_kinds() {
  return {{"image/encoded", {.kind = Kind::bytes, .bytes = {"\xFF\xD8\xFF"}}},
          {"label", {.kind = Kind::ints, .ints = {-1, 0, 127, 128, INT64_MIN}}},
          {"scores", {.kind = Kind::floats, .floats = {-0.5F, 1e30F}}},
          {"empty", {.kind = Kind::ints}},
          {"nothing", {}},
          {"names", {.kind = Kind::bytes, .bytes = {"", "a", "bc"}}}};
}

}  // namespace

TEST_CASE("what is written is read again, the names in order", "[tf_example]") {
  const TfExample example = many_kinds();
  const std::string bytes = write_tf_example(example);
  CHECK(parse(bytes).value() == example);
  CHECK(bytes.find("empty") < bytes.find("image/encoded"));
  CHECK(bytes.find("scores") < bytes.size());
  CHECK(write_tf_example(parse(bytes).value()) == bytes);
  CHECK(parse("").value().empty());
  CHECK(parse(write_tf_example({})).value().empty());
}

TEST_CASE("a label is the bytes that protocol buffers write", "[tf_example]") {
  const std::string bytes =
      write_tf_example({{"x", {.kind = Kind::ints, .ints = {5, -1}}}});
  CHECK(bytes ==
        example_of("x", 3, "\x0A\x0B\x05"s + std::string(9, '\xFF') + "\x01"));
}

TEST_CASE("lists may be packed or not, and both", "[tf_example]") {
  const std::string one_half = "\0\0\0\x3F"s;
  CHECK(x_of(example_of("x", 3, "\x08\x05\x08\x07")).ints ==
        std::vector<std::int64_t>{5, 7});
  CHECK(x_of(example_of("x", 3, "\x08\x05\x0A\x02\x06\x07")).ints ==
        std::vector<std::int64_t>{5, 6, 7});
  CHECK(x_of(example_of("x", 2, "\x0D" + one_half)).floats ==
        std::vector<float>{0.5F});
  CHECK(x_of(example_of("x", 2, "\x0A\x04" + one_half)).floats ==
        std::vector<float>{0.5F});
}

TEST_CASE("of a name that stands there twice the last counts", "[tf_example]") {
  const std::string first = example_of("x", 3, "\x08\x05");
  const std::string second = example_of("x", 1, field(1, "five"));
  CHECK(x_of(first + second) ==
        TfFeature{.kind = Kind::bytes, .bytes = {"five"}});
  CHECK(x_of(second + first) == TfFeature{.kind = Kind::ints, .ints = {5}});
  // In one feature: of several kinds the last, two of a kind are one list.
  const auto feature = [](const std::string& lists) {
    return field(1, field(1, field(1, "x") + field(2, lists)));
  };
  CHECK(x_of(feature(field(3, "\x08\x05") + field(1, field(1, "a")) +
                     field(1, field(1, "b")))) ==
        TfFeature{.kind = Kind::bytes, .bytes = {"a", "b"}});
  CHECK(x_of(feature("")) == TfFeature{});
}

TEST_CASE("what is unknown is passed over", "[tf_example]") {
  const std::string unknown =
      "\x48\x96\x01"s              // varint
      "\x4D\1\2\3\4"               // fixed32
      "\x49\1\2\3\4\5\6\7\x08"     // fixed64
      "\x4A\x03xyz"                // bytes
      "\x4B\x53\x08\x01\x54\x4C";  // groups
  const std::string plain = example_of("x", 3, "\x08\x05");
  CHECK(x_of(unknown + plain + unknown).ints == std::vector<std::int64_t>{5});
  const std::string inside = field(
      1, unknown + field(1, unknown + field(1, "x") +
                                field(2, field(3, unknown + "\x08\x05"))));
  CHECK(x_of(inside).ints == std::vector<std::int64_t>{5});
  // A known field in a form it never has.
  CHECK(x_of("\x08\x01" + plain).ints == std::vector<std::int64_t>{5});
}

TEST_CASE("what is no message is refused", "[tf_example]") {
  CHECK(is_bad("\x0A"));  // no length
  CHECK(
      is_bad("\x0A\x05"
             "abc"));                       // longer than there is
  CHECK(is_bad("\x02\x00"s));               // field 0
  CHECK(is_bad("\x0E\x00"s));               // wire type 6
  CHECK(is_bad("\x0C"));                    // a group ends, none began
  CHECK(is_bad("\x0B"));                    // a group never ends
  CHECK(is_bad("\x0B\x14"));                // another ends
  CHECK(is_bad("\x0B\x0A\x7F"));            // bytes past its end
  CHECK(is_bad(std::string(200, '\x0B')));  // groups too deep
  CHECK(is_bad("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));
  CHECK(is_bad("\x88\x80\x80\x80\x80\x01\x01"));            // a tag of 36 bits
  CHECK(is_bad("\x48" + std::string(9, '\xFF') + "\x02"));  // 65 bits
  CHECK(is_bad(example_of("x", 2,
                          "\x0A\x03"
                          "abc")));                   // 3/4 of a float
  CHECK(is_bad(example_of("x", 3, "\x0A\x01\x80")));  // half a number
  CHECK(is_bad("\xFF\xD8\xFF\xE0 a JPEG"));
  // The inner length reaches past the outer.
  CHECK(is_bad("\x0A\x04\x0A\x06\x0A\x01x\x12\x00"s));
}

TEST_CASE("too many features are refused before they fill the memory",
          "[tf_example]") {
  std::string features;
  for (int i = 0; i < 70'000; ++i) {
    features += field(1, field(1, std::to_string(i)));
  }
  CHECK(is_bad("\x0A" + [&] {
    std::string length;
    for (auto rest = features.size();; rest >>= 7) {
      length += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
      if (rest <= 0x7F) return length;
    }
  }() + features));
}

TEST_CASE(
    "a message cut anywhere, or with any bits flipped, is read or refused",
    "[tf_example]") {
  const std::string whole = write_tf_example(many_kinds());
  for (std::size_t length = 1; length < whole.size(); ++length) {
    // A copy of its own, so that a sanitizer sees a read past the end.
    CHECK(is_bad(std::string(whole.data(), length)));
  }
  RandomStream random(11);
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (auto flips = 1 + random.below(3); flips > 0; --flips) {
      char& byte = bytes[static_cast<std::size_t>(random.below(bytes.size()))];
      byte = static_cast<char>(byte ^ (1 + random.below(255)));
    }
    const Result<TfExample> example = parse(bytes);
    refused += example.ok() ? 0 : 1;
    if (!example.ok()) continue;
    for (const auto& [name, feature] : *example) {
      REQUIRE(name.size() <= bytes.size());
      for (const std::string_view value : feature.bytes) {
        REQUIRE(value.data() >= bytes.data());
        REQUIRE(value.data() + value.size() <= bytes.data() + bytes.size());
      }
    }
  }
  CHECK(refused > 1000);
}
