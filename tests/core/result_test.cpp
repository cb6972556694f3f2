#include "quarry/core/result.hpp"

#include <memory>
#include <string>
#include <type_traits>

#include "catch.hpp"
#include "error_id.hpp"

using quarry::Failure;
using quarry::Result;
using quarry::test::error_id;

static_assert(std::is_same_v<Result<int>::value_type, int>);
static_assert(std::is_same_v<Result<void>::value_type, void>);
static_assert(!std::is_convertible_v<Result<int>, bool>, "only explicitly");
static_assert(!std::is_default_constructible_v<Result<int>>);
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);

TEST_CASE("a result holds its value") {
  const Result<int> result = 7;
  CHECK(result.ok());
  CHECK(static_cast<bool>(result));
  CHECK(result.value() == 7);
  CHECK(*result == 7);
  CHECK(*Result<std::string>(std::string("abc")).operator->() == "abc");
  CHECK(Result<std::string>(std::string("abc"))->size() == 3);
  CHECK(error_id([&] { result.error(); }) == "contract.violated");
}

TEST_CASE("a result holds its failure, and asking for the value throws it") {
  const Result<int> result = Failure{"pool.odd", "row 3", "fix it"};
  CHECK_FALSE(result.ok());
  CHECK_FALSE(static_cast<bool>(result));
  CHECK(result.error().id == "pool.odd");
  CHECK(error_id([&] { static_cast<void>(result.value()); }) == "pool.odd");
  CHECK(error_id([&] { static_cast<void>(*result); }) == "pool.odd");
  CHECK(error_id([] {
          static_cast<void>(Result<int>(Failure{"a.b", ""}).value());
        }) == "a.b");
}

TEST_CASE("a value can be moved out") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> out = std::move(result).value();
  CHECK(*out == 5);
  Result<int> bad = Failure{"a.b", "message"};
  const Failure failure = std::move(bad).error();
  CHECK(failure.message == "message");
}

TEST_CASE("a result of nothing is a success or a failure") {
  const Result<void> good;
  CHECK(good.ok());
  good.value();
  CHECK(error_id([&] { good.error(); }) == "contract.violated");
  const Result<void> bad = Failure{"a.b", "m"};
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(bad.error().message == "m");
  CHECK(error_id([&] { bad.value(); }) == "a.b");
}
