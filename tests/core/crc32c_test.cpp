#include "core/crc32c.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The definition, a bit at a time: what the fast ways must equal.
std::uint32_t bit_by_bit(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ (0x82F63B78U & (0U - (crc & 1U)));
    }
  }
  return ~crc;
}

}  // namespace

TEST_CASE("CRC-32C is that of RFC 3720 and of its check value", "[crc32c]") {
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
  const std::string descending(ascending.rbegin(), ascending.rend());
  // An iSCSI Read (10) command, in the appendix too.
  std::string command(48, '\0');
  const std::pair<int, int> set[] = {{0, 0x01},  {1, 0xC0},  {16, 0x14},
                                     {22, 0x04}, {27, 0x14}, {31, 0x18},
                                     {32, 0x28}, {40, 0x02}};
  for (const auto& [at, value] : set) command[at] = static_cast<char>(value);

  for (auto* const crc : {&crc32c_from_table, &crc32c_from_instruction}) {
    if (crc == &crc32c_from_instruction && !has_crc32c_instruction()) continue;
    CHECK(crc({}, 0) == 0);
    CHECK(crc(bytes_of("123456789"), 0) == 0xE3069283);
    CHECK(crc(bytes_of(std::string(32, '\0')), 0) == 0x8A9136AA);
    CHECK(crc(bytes_of(std::string(32, '\xFF')), 0) == 0x62A8AB43);
    CHECK(crc(bytes_of(ascending), 0) == 0x46DD794E);
    CHECK(crc(bytes_of(descending), 0) == 0x113FDB5C);
    CHECK(crc(bytes_of(command), 0) == 0xD9963A56);
  }
  CHECK(crc32c(bytes_of("123456789")) == 0xE3069283);
}

TEST_CASE("table, instruction and definition agree at every length and place",
          "[crc32c]") {
  if (!has_crc32c_instruction()) WARN("this machine has no SSE 4.2");
  RandomStream random(7);
  std::vector<std::byte> bytes(300);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t length = 0; length + start <= 100; ++length) {
      const auto part = std::span(bytes).subspan(start, length);
      const std::uint32_t wanted = bit_by_bit(part);
      REQUIRE(crc32c_from_table(part) == wanted);
      REQUIRE(crc32c(part) == wanted);
      if (has_crc32c_instruction()) {
        REQUIRE(crc32c_from_instruction(part) == wanted);
      }
    }
  }
}

TEST_CASE("a checksum goes on where another ended", "[crc32c]") {
  const std::string text = "what comes in two parts is one checksum";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const auto head = bytes_of(text).first(cut);
    const auto tail = bytes_of(text).subspan(cut);
    CHECK(crc32c(tail, crc32c(head)) == crc32c(bytes_of(text)));
    CHECK(crc32c_from_table(tail, crc32c_from_table(head)) ==
          crc32c(bytes_of(text)));
  }
}
