#include "quarry/strategy/params.hpp"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

std::string parse_error(const std::vector<std::string>& assignments) {
  return test::error_id([&] { StrategyParams::parse(assignments); });
}

template <class Ask>
std::string value_error(std::string_view value, Ask ask) {
  StrategyParams params = {{"x", value}};
  return test::error_message([&] { ask(params); });
}

}  // namespace

TEST_CASE("Parameters are read as what is asked for", "[params]") {
  const std::vector<std::string> text = {
      "n=-3", "r=1e-05", "on=true", "off=0", "t=a=b", "m=cosine", "e="};
  StrategyParams params = StrategyParams::parse(text);
  CHECK(params.integer("n", 7) == -3);
  CHECK(params.number("r", 7.0) == 1e-05);
  CHECK(params.number("n", 7.0) == -3.0);
  CHECK(params.boolean("on", false));
  CHECK_FALSE(params.boolean("off", true));
  CHECK(params.text("t", "") == "a=b");
  CHECK(params.text("e", "x").empty());
  CHECK(params.one_of("m", "euclidean", {"euclidean", "cosine"}) == "cosine");
  CHECK_NOTHROW(params.expect_all_known("s"));
}

TEST_CASE("A parameter that is not given has its default", "[params]") {
  StrategyParams params;
  CHECK(params.empty());
  CHECK(params.integer("n", 7) == 7);
  CHECK(params.number("r", 0.5) == 0.5);
  CHECK(params.boolean("b", true));
  CHECK(params.text("t", "x") == "x");
  CHECK(params.one_of("m", "a", {"a", "b"}) == "a");
}

TEST_CASE("What is not key=value is refused", "[params]") {
  CHECK(parse_error({"a=1"}).empty());
  CHECK(parse_error({"a"}) == "strategy.bad_param");
  CHECK(parse_error({""}) == "strategy.bad_param");
  CHECK(parse_error({"=1"}) == "strategy.bad_param");
  CHECK(parse_error({"a=1", "a=1"}) == "strategy.bad_param");
}

TEST_CASE("A value that is something else is refused by name", "[params]") {
  const auto number = [](StrategyParams& p) {
    p.number("x", 1.0);
  };
  for (const char* value : {"", "abc", "1.5x", " 1", "1 ", "nan", "inf", "-inf",
                            "1e999", "0x10", "1,5", "--1", "+1"}) {
    CAPTURE(value);
    CHECK(value_error(value, number) ==
          "parameter x=" + std::string(value) + ": must be a number");
  }
  const auto integer = [](StrategyParams& p) {
    p.integer("x", 1);
  };
  for (const char* value : {"", "1.0", "1e3", "9223372036854775808", "a"}) {
    CAPTURE(value);
    CHECK_FALSE(value_error(value, integer).empty());
  }
  CHECK(value_error("9223372036854775807", integer).empty());
  const auto boolean = [](StrategyParams& p) {
    p.boolean("x", true);
  };
  for (const char* value : {"", "yes", "True", "2"}) {
    CHECK(value_error(value, boolean) ==
          "parameter x=" + std::string(value) + ": must be true or false");
  }
}

TEST_CASE("Numbers outside their range are refused with the range",
          "[params]") {
  CHECK(value_error("1.5", [](StrategyParams& p) {
          p.number("x", 0.5, 0.0, 1.0);
        }) == "parameter x=1.5: must be a number from 0 to 1");
  CHECK(value_error("0", [](StrategyParams& p) { p.integer("x", 5, 1); }) ==
        "parameter x=0: must be a whole number of at least 1");
  CHECK(value_error("9", [](StrategyParams& p) {
          p.integer("x", 5, std::numeric_limits<std::int64_t>::min(), 8);
        }) == "parameter x=9: must be a whole number of at most 8");
  CHECK(value_error("1", [](StrategyParams& p) {
          p.number("x", 0.5, 0.0, 1.0);
        }).empty());
}

TEST_CASE("A choice that is not offered is refused with what is", "[params]") {
  CHECK(value_error("l3", [](StrategyParams& p) {
          p.one_of("x", "l1", {"l1", "l2"});
        }) == "parameter x=l3: must be one of l1, l2");
}

TEST_CASE("A parameter nobody asked for is an error with a suggestion",
          "[params]") {
  StrategyParams params = {{"metrik", "euclidean"}};
  params.one_of("metric", "euclidean", {"euclidean"});
  params.integer("outliers", 0);
  try {
    params.expect_all_known("k_center");
    FAIL("it does not throw");
  } catch (const Error& error) {
    CHECK(error.id() == "strategy.unknown_param");
    CHECK(error.message() == "k_center has no parameter 'metrik'");
    CHECK(error.hint() == "did you mean metric? it has metric, outliers");
  }
  StrategyParams none = {{"beta", "1"}};
  try {
    none.expect_all_known("margin");
    FAIL("it does not throw");
  } catch (const Error& error) {
    CHECK(error.hint() == "margin has no parameters");
  }
}

TEST_CASE("What nobody asked for can be handed on", "[params]") {
  StrategyParams outer = {{"parts", "3"}, {"metric", "cosine"}, {"tol", "1"}};
  CHECK(outer.integer("parts", 1) == 3);
  StrategyParams inner = outer.take_rest();
  CHECK(outer.to_json().dump() == R"({"parts":3})");
  CHECK(inner.to_json().dump() == R"({"metric":"cosine","tol":1})");
  CHECK_NOTHROW(outer.expect_all_known("outer"));
  CHECK(inner.text("metric", "") == "cosine");
  try {
    inner.expect_all_known("inner");
    FAIL("it does not throw");
  } catch (const Error& error) {
    CHECK(error.message() == "inner has no parameter 'tol'");
    CHECK(error.hint() == "it has metric, parts");
  }
}

TEST_CASE("Parameters are echoed as JSON", "[params]") {
  const StrategyParams params = {{"b", "0.5"},   {"a", "3"},    {"t", "true"},
                                 {"m", "nan"},   {"s", "x y"},  {"e", ""},
                                 {"v", "1.2.3"}, {"n", "-1e-3"}};
  CHECK(params.to_json().dump() ==
        R"({"a":3,"b":0.5,"e":"","m":"nan","n":-0.001,"s":"x y","t":true,)"
        R"("v":"1.2.3"})");
  CHECK(StrategyParams().to_json().dump() == "{}");
}
