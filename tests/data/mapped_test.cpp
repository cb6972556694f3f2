#include "quarry/data/mapped.hpp"

#include <algorithm>
#include <string>

#include "quarry/data/any_source.hpp"
#include "quarry/data/memory_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "source_files.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

struct Reverse {
  Result<Bytes> operator()(const Bytes& bytes) const {
    std::string text(bytes.text());
    std::reverse(text.begin(), text.end());
    if (text.front() == '4') return Failure{"decode.toy", "no fours"};
    return Bytes::take(text);
  }
};

template <class S, class F>
concept Mappable = requires(S source, F function) {
  Mapped(source, function);
};

static_assert(DataSource<Mapped<MemorySource, Reverse>>);
static_assert(not AsyncSource<Mapped<MemorySource, Reverse>>);
static_assert(AsyncSource<Mapped<test::ToyAsyncSource, Reverse>>);
static_assert(Mappable<MemorySource, Bytes (*)(Bytes)>);
static_assert(not Mappable<MemorySource, int (*)(Bytes)>);
static_assert(not Mappable<MemorySource, Bytes (*)(int)>);

TEST_CASE("a mapped source passes its bytes through the function") {
  const Mapped source(test::ToyAsyncSource{}, Reverse{});
  REQUIRE(source.size() == 10);
  CHECK(source.sample(2) == test::ToyAsyncSource{}.sample(2));
  CHECK(test::text_of(source, 2) == "2 fo setyb");
  CHECK(test::await(source, 2)->text() == "2 fo setyb");
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("failures of the source pass the function by") {
  const Mapped source(test::ToyAsyncSource{}, Reverse{});
  CHECK(test::text_of(source, 3) == "[file.read]");
  CHECK(test::await(source, 3).error().id == "file.read");
}

TEST_CASE("failures of the function are those of the sample") {
  const Mapped source(test::ToyAsyncSource{}, Reverse{});
  CHECK(test::text_of(source, 4) == "[decode.toy]");
  CHECK(test::await(source, 4).error().id == "decode.toy");
}

}  // namespace
}  // namespace quarry
