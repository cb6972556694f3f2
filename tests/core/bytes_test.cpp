#include "quarry/core/bytes.hpp"

#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

using quarry::Bytes;

TEST_CASE("no bytes are empty text") {
  const Bytes none;
  CHECK(none.empty());
  CHECK(none.size() == 0);
  CHECK(none.text().empty());
  CHECK(none == Bytes::take(std::string()));
}

TEST_CASE("taking a buffer does not copy it") {
  std::vector<std::byte> buffer(1000, std::byte{7});
  const std::byte* place = buffer.data();
  const Bytes bytes = Bytes::take(std::move(buffer));
  CHECK(bytes.data() == place);
  CHECK(bytes.size() == 1000);
  const Bytes again = bytes;  // a copy shares
  CHECK(again.data() == place);
}

TEST_CASE("copying bytes leaves the original alone") {
  std::string text = "abc";
  const Bytes bytes = Bytes::copy(text);
  text[0] = 'x';
  CHECK(bytes.text() == "abc");
}

TEST_CASE("bytes keep their owner alive, slices too") {
  auto owner = std::make_shared<const std::string>("hello world");
  const std::weak_ptr<const std::string> watch = owner;
  Bytes slice;
  {
    const Bytes all = Bytes::view(
        std::as_bytes(std::span(owner->data(), owner->size())), owner);
    owner.reset();
    slice = all.slice(6, 5);
  }
  CHECK_FALSE(watch.expired());
  CHECK(slice.text() == "world");
  slice = Bytes();
  CHECK(watch.expired());
}

TEST_CASE("a slice lies inside its bytes") {
  const Bytes bytes = Bytes::copy("abcdef");
  CHECK(bytes.slice(0, 6) == bytes);
  CHECK(bytes.slice(6, 0).empty());
  CHECK(bytes.slice(2, 3).text() == "cde");
  const auto id = [&](std::size_t offset, std::size_t count) {
    return quarry::test::error_id([&] { bytes.slice(offset, count); });
  };
  CHECK(id(7, 0) == "contract.violated");
  CHECK(id(2, 5) == "contract.violated");
  CHECK(id(2, static_cast<std::size_t>(-1)) == "contract.violated");
}

TEST_CASE("bytes are equal when their contents are") {
  CHECK(Bytes::copy("abc") == Bytes::copy("abc"));
  CHECK_FALSE(Bytes::copy("abc") == Bytes::copy("abd"));
  CHECK_FALSE(Bytes::copy("abc") == Bytes::copy("ab"));
  CHECK_FALSE(Bytes::copy(std::string("a\0b", 3)) ==
              Bytes::copy(std::string("a\0c", 3)));
}
