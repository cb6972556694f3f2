#include "quarry/data/subset.hpp"

#include "quarry/data/any_source.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "source_files.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

static_assert(DataSource<Subset<MemorySource>>);
static_assert(not AsyncSource<Subset<MemorySource>>);
static_assert(AsyncSource<Subset<AnySource>>);
static_assert(std::convertible_to<Subset<AnySource>, AnySource>);
static_assert(AsyncSource<Subset<test::ToyAsyncSource>>);

TEST_CASE("a subset has the samples it is given, in that order") {
  const Subset source(test::ToyAsyncSource{}, {8, 3, 0});
  REQUIRE(source.size() == 3);
  CHECK(test::ids_of(source) == std::vector<std::string>{"8", "3", "0"});
  CHECK(test::text_of(source, 0) == "bytes of 8");
  CHECK(test::text_of(source, 1) == "[file.read]");
  CHECK(test::await(source, 0)->text() == "bytes of 8");
  CHECK(source.index(1) == 3);
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("a subset of any source is as asynchronous as what that holds") {
  const AnySource memory = MemorySource({});
  const AnySource toy = test::ToyAsyncSource{};
  CHECK_FALSE(reads_async(Subset(memory, {})));
  CHECK(reads_async(Subset(toy, {})));
  CHECK_FALSE(AnySource(Subset(memory, {})).is_async());
  CHECK(AnySource(Subset(toy, {})).is_async());
}

TEST_CASE("an empty subset and the whole are subsets") {
  CHECK(Subset(test::ToyAsyncSource{}, {}).size() == 0);
  const Subset whole(test::ToyAsyncSource{2}, {0, 1});
  CHECK(test::ids_of(whole) == test::ids_of(test::ToyAsyncSource{2}));
}

TEST_CASE("a subset of a subset counts in the latter") {
  const Subset source(Subset(test::ToyAsyncSource{}, {8, 3, 0}), {2, 1});
  CHECK(test::ids_of(source) == std::vector<std::string>{"0", "3"});
}

TEST_CASE("indices that do not exist or come twice are refused") {
  const auto id = [](std::vector<std::size_t> indices) {
    return test::error_id(
        [&] { Subset(test::ToyAsyncSource{3}, std::move(indices)); });
  };
  CHECK(id({3}) == "contract.violated");
  CHECK(id({0, 1, 0}) == "contract.violated");
  CHECK(id({2, 1, 0}) == "");
}

}  // namespace
}  // namespace quarry
