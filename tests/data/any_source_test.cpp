#include "quarry/data/any_source.hpp"

#include <functional>
#include <memory>

#include "quarry/data/memory_source.hpp"
#include "quarry/testing/check_source.hpp"

#include "catch.hpp"
#include "source_files.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

struct NoRead {
  std::size_t size() const { return 0; }
  Sample sample(std::size_t) const { return {}; }
};
struct ThrowingRead : NoRead {  // bytes where a Result is due
  Bytes read(std::size_t) const { return {}; }
};
struct NotConst : NoRead {
  Result<Bytes> read(std::size_t) { return Bytes(); }
};
struct NotCopyable : test::ToyAsyncSource {
  NotCopyable() = default;
  NotCopyable(const NotCopyable&) = delete;
};

static_assert(AsyncSource<AnySource>);
static_assert(DataSource<test::ToyAsyncSource>);
static_assert(AsyncSource<test::ToyAsyncSource>);
static_assert(not DataSource<NoRead>);
static_assert(not DataSource<ThrowingRead>);
static_assert(not DataSource<NotConst>);
static_assert(not DataSource<NotCopyable>);
static_assert(not DataSource<int>);
static_assert(std::convertible_to<MemorySource, AnySource>);
static_assert(not std::convertible_to<NoRead, AnySource>);

MemorySource memory() {
  return MemorySource({{.sample = {.id = "a", .uri = "memory:a"},
                        .bytes = Bytes::copy("bytes")}});
}

TEST_CASE("any source is what it holds") {
  const AnySource source = memory();
  REQUIRE(source.size() == 1);
  CHECK(source.sample(0).id == "a");
  CHECK(test::text_of(source, 0) == "bytes");
  CHECK(testing::check_source(source).text() == "");
}

TEST_CASE("any source reads at once where there is no reactor") {
  const AnySource source = memory();
  CHECK_FALSE(source.is_async());
  const auto caller = std::this_thread::get_id();
  int calls = 0;
  source.read_async(0, [&](Result<Bytes> bytes) {
    ++calls;
    CHECK(bytes->text() == "bytes");
    CHECK(std::this_thread::get_id() == caller);
  });
  CHECK(calls == 1);
}

TEST_CASE("any source leaves a reactor its thread") {
  const AnySource source = test::ToyAsyncSource{};
  CHECK(source.is_async());
  CHECK(test::await(source, 2)->text() == "bytes of 2");
  CHECK(test::await(source, 3).error().id == "file.read");
}

TEST_CASE("any source holds a copy, and std::ref shares") {
  struct Growing : test::ToyAsyncSource {};
  Growing growing;
  const AnySource copy = growing;
  const AnySource shared = std::ref(growing);
  growing.count = 4;
  CHECK(copy.size() == 10);
  CHECK(shared.size() == 4);
}

}  // namespace
}  // namespace quarry
