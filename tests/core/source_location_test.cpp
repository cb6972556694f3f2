#include "quarry/core/source_location.hpp"

#include <string_view>

#include "catch.hpp"

namespace {

unsigned line_of_call(
    quarry::SourceLocation where = quarry::SourceLocation::current()) {
  return where.line();
}

}  // namespace

TEST_CASE("a source location is the place of the call") {
  const auto here = quarry::SourceLocation::current();
  CHECK(here.line() == __LINE__ - 1);
  CHECK(std::string_view(here.file_name()) == __FILE__);
  CHECK(line_of_call() == __LINE__);
  CHECK(quarry::SourceLocation().line() == 0);
}
