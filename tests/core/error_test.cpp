#include "quarry/core/error.hpp"

#include <string>
#include <string_view>
#include <type_traits>

#include "catch.hpp"
#include "error_id.hpp"

using quarry::Blame;
using quarry::Error;
using quarry::ErrorId;
using quarry::Failure;

static_assert(ErrorId("source.not_found").text() == "source.not_found");
static_assert(ErrorId("a.b") == ErrorId("a.b"));
static_assert(ErrorId("a.b") == std::string_view("a.b"));
static_assert(ErrorId("a.b") == "a.b");
static_assert("a.b" == ErrorId("a.b"));
static_assert(ErrorId("a.b") != "a.c");
static_assert(!(ErrorId("a.b") == ErrorId("a.c")));
static_assert(std::is_base_of_v<std::runtime_error, Error>);
// An id is written where the error is raised, never computed.
static_assert(!std::is_constructible_v<ErrorId, std::string>);
static_assert(!std::is_constructible_v<ErrorId, std::string_view>);

TEST_CASE("an error says its id and message on one line") {
  const Error error(Failure{"pool.odd", "row 3 is odd"});
  CHECK(std::string(error.what()) == "error[pool.odd]: row 3 is odd");
  CHECK(error.id() == "pool.odd");
  CHECK(error.message() == "row 3 is odd");
  CHECK(error.hint().empty());
}

TEST_CASE("a hint stands on a line of its own") {
  const Error error(Failure{"pool.odd", "row 3 is odd", "make it even"});
  CHECK(std::string(error.what()) ==
        "error[pool.odd]: row 3 is odd\n  hint: make it even");
}

TEST_CASE("a failure concerns a sample unless it says otherwise") {
  CHECK(Failure{"a.b", ""}.blame == Blame::sample);
  const Error error(Failure{"a.b", "x", "y", Blame::run});
  CHECK(error.failure().blame == Blame::run);
}

TEST_CASE("raise throws what it is given and remembers the place") {
  const unsigned line = __LINE__ + 2;
  try {
    quarry::raise("pool.odd", "row 3", "fix it");
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.id() == "pool.odd");
    CHECK(error.message() == "row 3");
    CHECK(error.hint() == "fix it");
    CHECK(error.where().line() == line);
    CHECK(std::string_view(error.where().file_name()) == __FILE__);
  }
  const Failure failure{"a.b", "m", "h", Blame::run};
  try {
    quarry::raise(failure);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.id() == "a.b");
    CHECK(error.failure().blame == Blame::run);
  }
}

TEST_CASE("a broken promise names the condition and the file") {
  CHECK(quarry::test::error_id([] { QUARRY_EXPECTS(1 + 1 == 2, "sums"); }) ==
        "");
  const auto broken = [] {
    QUARRY_EXPECTS(1 + 1 == 3, "sums");
  };
  CHECK(quarry::test::error_id(broken) == "contract.violated");
  const std::string message = quarry::test::error_message(broken);
  CHECK(message.find("sums") != message.npos);
  CHECK(message.find("1 + 1 == 3") != message.npos);
  CHECK(message.find("error_test.cpp") != message.npos);
}
