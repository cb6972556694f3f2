#include "data/tfrecord.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;
using namespace std::string_literals;

namespace {

// What Apache Beam's tests and TensorFlow's writer make of "foo" and "bar".
const std::string foo =
    "\3\0\0\0\0\0\0\0\xB0\x99\x49\x0E"s + "foo" + "\x61\x8A\xBE\xFE";
const std::string bar =
    "\3\0\0\0\0\0\0\0\xB0\x99\x49\x0E"s + "bar" + "\x46\0\xE5\xC8"s;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string framed(std::string_view data) {
  const auto bytes = std::as_bytes(std::span(data.data(), data.size()));
  return text_of(tfrecord_header(data.size())) + std::string(data) +
         text_of(tfrecord_footer(bytes));
}

/// What the records of `file` are: their data, or the failure's id in brackets.
std::vector<std::string> read(const std::string& file) {
  std::vector<std::string> records;
  TfRecordReader reader(Bytes::copy(file));
  while (const auto record = reader.next()) {
    records.push_back(record->ok()
                          ? std::string((*record)->text())
                          : '[' + std::string(record->error().id.text()) + ']');
  }
  return records;
}

using Records = std::vector<std::string>;

}  // namespace

TEST_CASE("a record is framed as TensorFlow frames it", "[tfrecord]") {
  CHECK(framed("foo") == foo);
  CHECK(framed("bar") == bar);
  CHECK(read("") == Records{});
  CHECK(read(foo + bar) == Records{"foo", "bar"});
  CHECK(read(framed("") + framed(std::string(1000, '\0'))) ==
        Records{"", std::string(1000, '\0')});
}

TEST_CASE("data whose checksum does not fit is one bad record", "[tfrecord]") {
  for (const std::size_t at : {12, 13, 14, 15, 18}) {
    std::string file = foo + bar;
    file[at] = static_cast<char>(file[at] ^ 0x10);
    CHECK(read(file) == Records{"[tfrecord.corrupt]", "bar"});
  }
}

TEST_CASE("a length is not trusted before its checksum fits", "[tfrecord]") {
  for (std::size_t at = 0; at < 12; ++at) {
    std::string file = foo + bar;
    file[foo.size() + at] = static_cast<char>(file[foo.size() + at] ^ 0x40);
    CHECK(read(file) == Records{"foo", "[tfrecord.corrupt]"});
  }
  // One that is stated rightly and that no file can hold.
  CHECK(read(text_of(tfrecord_header(UINT64_MAX)) + "foo") ==
        Records{"[tfrecord.truncated]"});
  CHECK(read(text_of(tfrecord_header(UINT64_MAX - 15)) + foo + foo) ==
        Records{"[tfrecord.truncated]"});
}

TEST_CASE("a file cut anywhere gives its whole records and says so",
          "[tfrecord]") {
  const std::string file = foo + bar;
  for (std::size_t length = 0; length <= file.size(); ++length) {
    Records wanted;
    if (length >= foo.size()) wanted.emplace_back("foo");
    if (length == file.size()) wanted.emplace_back("bar");
    if (length % foo.size() != 0) wanted.emplace_back("[tfrecord.truncated]");
    CHECK(read(file.substr(0, length)) == wanted);
  }
}

TEST_CASE("failures say where and how much is lost", "[tfrecord]") {
  TfRecordReader reader(Bytes::copy(foo + bar.substr(0, 17)));
  REQUIRE(reader.next()->ok());
  CHECK(reader.position() == 19);
  const Failure failure = reader.next()->error();
  CHECK(failure.message ==
        "the file ends inside the record at byte 19: 17 bytes from there on "
        "cannot be read");
  CHECK(reader.position() == 36);
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("any bytes whatever are read to their end", "[tfrecord]") {
  RandomStream random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string file = foo + bar + framed("a third one, somewhat longer");
    for (auto flips = 1 + random.below(4); flips > 0; --flips) {
      char& byte = file[static_cast<std::size_t>(random.below(file.size()))];
      byte = static_cast<char>(byte ^ (1 + random.below(255)));
    }
    // No flip passes for a record, and nothing is read for ever.
    const Records records = read(file);
    REQUIRE(records.size() <= 3);
    REQUIRE(std::count_if(records.begin(), records.end(), [](const auto& r) {
              return r.starts_with('[');
            }) >= 1);
  }
}
