#include "quarry/core/sample.hpp"

#include "catch.hpp"

using quarry::Sample;

TEST_CASE("samples are equal when id, place and truth are") {
  const Sample cat{"a/1.jpg", "file:a/1.jpg", "cat"};
  CHECK(cat == Sample{"a/1.jpg", "file:a/1.jpg", "cat"});
  CHECK_FALSE(cat == Sample{"a/2.jpg", "file:a/1.jpg", "cat"});
  CHECK_FALSE(cat == Sample{"a/1.jpg", "file:b/1.jpg", "cat"});
  CHECK_FALSE(cat == Sample{"a/1.jpg", "file:a/1.jpg"});
}
