#include "quarry/data/memory_source.hpp"

#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"

namespace quarry {
namespace {

using test::error_id;
using test::error_message;

static_assert(DataSource<MemorySource>);
static_assert(not AsyncSource<MemorySource>);
static_assert(not std::default_initializable<MemorySource>);

MemorySource::Item item(std::string id, std::string_view text) {
  return {.sample = {.id = id, .uri = "memory:" + id},
          .bytes = Bytes::copy(text)};
}

TEST_CASE("a memory source gives what it was given, in that order") {
  std::vector<MemorySource::Item> items{item("b", "two"), item("a", "one")};
  items[1].sample.truth = "cat";
  const MemorySource source(items);
  REQUIRE(source.size() == 2);
  CHECK(source.sample(0) == items[0].sample);
  CHECK(source.sample(1) == items[1].sample);
  CHECK(test::text_of(source, 0) == "two");
  CHECK(test::text_of(source, 1) == "one");
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("an empty memory source has no samples") {
  const MemorySource source({});
  CHECK(source.size() == 0);
  CHECK(testing::check_source(source).ok());
}

TEST_CASE("copies of a memory source share its bytes") {
  const MemorySource source({item("a", "one")});
  const MemorySource copy = source;
  CHECK(copy.read(0)->data() == source.read(0)->data());
}

TEST_CASE("a duplicate id names the two items that have it") {
  const auto make = [] {
    MemorySource({item("a", ""), item("b", ""), item("c", ""), item("b", ""),
                  item("a", "")});
  };
  CHECK(error_id(make) == "source.duplicate_id");
  CHECK(error_message(make) == "items 1 and 3 have the same id, \"b\"");
}

TEST_CASE("an id that comes very often is found at once") {
  const std::vector<MemorySource::Item> items(200'000, item("same", ""));
  CHECK(error_message([&] { MemorySource source(items); }) ==
        "items 0 and 1 have the same id, \"same\"");
}

}  // namespace
}  // namespace quarry
