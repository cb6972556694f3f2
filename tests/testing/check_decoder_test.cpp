#include "quarry/testing/check_decoder.hpp"

#include <atomic>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

namespace quarry {
namespace {

using testing::check_decoder;
using testing::CheckDecoderOptions;

using Row = std::span<std::byte>;

/// Copies eight bytes that begin with an 'o'; its parts can be broken one by
/// one.
struct Eight {
  Result<void> (*body)(const Bytes&, Row) = good;

  static Result<void> good(const Bytes& bytes, Row row) {
    if (bytes.size() != 8 || bytes.text()[0] != 'o')
      return Failure{"decode.format", "not eight bytes from an o on"};
    std::memcpy(row.data(), bytes.data(), 8);
    return {};
  }
  SampleSpec spec() const { return {.shape = {8}}; }
  Result<void> decode(const Bytes& bytes, Row row) const {
    return body(bytes, row);
  }
};

const std::vector<Bytes> inputs = {Bytes::copy("o1234567"),
                                   Bytes::copy("oabcdefg")};

/// The one violation of a decoder with this body, up to the place.
std::string broken_law(Result<void> (*body)(const Bytes&, Row)) {
  const auto report = check_decoder(Eight{body}, inputs);
  INFO(report.text());
  REQUIRE(report.violations.size() == 1);
  const std::string& text = report.violations[0];
  return text.substr(0, text.find(':'));
}

TEST_CASE("a decoder that keeps the laws has no violations") {
  CHECK(check_decoder(Eight{}, inputs).text() == "");
}

TEST_CASE("writing outside the row is seen on either side") {
  const std::string law = "nothing outside the row is written";
  CHECK(broken_law([](const Bytes& bytes, Row row) {
          auto done = Eight::good(bytes, row);
          if (done) *(row.data() + row.size()) = std::byte{0};
          return done;
        }) == law);
  CHECK(broken_law([](const Bytes& bytes, Row row) {
          *(row.data() - 1) = std::byte{0};
          return Eight::good(bytes, row);
        }) == law);
}

TEST_CASE("a row that is written in part is seen") {
  CHECK(broken_law([](const Bytes& bytes, Row row) {
          const std::byte last = row[7];
          auto done = Eight::good(bytes, row);
          row[7] = last;
          return done;
        }) == "the whole row is written, the same each time");
}

TEST_CASE("a decoder that remembers is seen") {
  const auto report = check_decoder(Eight{[](const Bytes& bytes, Row row) {
                                      static std::atomic<int> calls = 0;
                                      auto done = Eight::good(bytes, row);
                                      row[0] ^= std::byte(++calls & 1);
                                      return done;
                                    }},
                                    inputs);
  CHECK(report.text().find("the whole row is written, the same each time") !=
        std::string::npos);
  CHECK(broken_law([](const Bytes& bytes, Row row) -> Result<void> {
          static std::atomic<int> calls = 0;
          if (bytes.empty() && ++calls % 2 == 0)
            return Failure{"decode.empty", ""};
          return Eight::good(bytes, row);
        }) == "equal bytes give equal results");
}

TEST_CASE("threads that share a buffer are seen") {
  const auto report = check_decoder(
      Eight{[](const Bytes& bytes, Row row) {
        // What another thread does between our two steps, made certain.
        static std::atomic<std::thread::id> first{std::this_thread::get_id()};
        auto done = Eight::good(bytes, row);
        if (std::this_thread::get_id() != first.load()) row[0] = std::byte{'?'};
        return done;
      }},
      inputs);
  CHECK(report.text().find("threads do not disturb each other") !=
        std::string::npos);
}

TEST_CASE("what damaged bytes must not do is seen") {
  CHECK(broken_law([](const Bytes& bytes, Row row) -> Result<void> {
          if (bytes.size() < 4) throw std::runtime_error("short");
          return Eight::good(bytes, row);
        }) == "nothing raises");
  CHECK(broken_law([](const Bytes& bytes, Row row) -> Result<void> {
          if (bytes.size() > 8) return Failure{"file.too_large", "long"};
          return Eight::good(bytes, row);
        }) == "a failure is decode.*");
}

TEST_CASE("inputs that do not decode check nothing, which is said") {
  const auto report =
      check_decoder(Eight{}, {inputs[0], Bytes::copy("x1234567")});
  CHECK(report.text() == "a good input decodes: input 1\n");
  CHECK(test::error_id([] { static_cast<void>(check_decoder(Eight{}, {})); }) ==
        "contract.violated");
}

TEST_CASE("a spec that changes or is empty is seen") {
  struct Growing : Eight {
    std::shared_ptr<std::atomic<int>> calls =
        std::make_shared<std::atomic<int>>(0);
    SampleSpec spec() const {
      return {.shape = {8, ++*calls > 1 ? std::size_t{2} : std::size_t{1}}};
    }
  };
  CHECK(check_decoder(Growing{}, inputs).text() ==
        "spec() is constant: it changed\n");
  struct Nothing : Eight {
    SampleSpec spec() const { return {.shape = {8, 0}}; }
  };
  CHECK(check_decoder(Nothing{}, inputs).text() ==
        "spec() has at least one element: it has none\n");
}

}  // namespace
}  // namespace quarry
