#include "quarry/net/network_options.hpp"

#include <cmath>

#include "catch.hpp"
#include "error_id.hpp"

using quarry::NetworkOptions;
using quarry::test::error_id;
using quarry::test::error_message;

TEST_CASE("options of the network are checked by name", "[network_options]") {
  CHECK_NOTHROW(NetworkOptions{}.validate());
  const auto refused = [](auto change) {
    NetworkOptions options;
    change(options);
    CHECK(error_id([&] { options.validate(); }) == "net.option");
    const std::string message = error_message([&] { options.validate(); });
    // "NetworkOptions: FIELD is VALUE: it must be …"
    const std::size_t colon = message.find(": ") + 2;
    return message.substr(colon, message.find(' ', colon) - colon);
  };
  CHECK(refused([](auto& o) { o.max_in_flight = 0; }) == "max_in_flight");
  CHECK(refused([](auto& o) { o.max_per_host = 1025; }) == "max_per_host");
  CHECK(refused([](auto& o) { o.connect_timeout = NAN; }) == "connect_timeout");
  CHECK(refused([](auto& o) { o.first_byte_timeout = 0; }) ==
        "first_byte_timeout");
  CHECK(refused([](auto& o) { o.stall_timeout = 0.5; }) == "stall_timeout");
  CHECK(refused([](auto& o) { o.transfer_timeout = 0; }) == "transfer_timeout");
  CHECK(refused([](auto& o) { o.retries = 21; }) == "retries");
  CHECK(refused([](auto& o) { o.backoff = -1; }) == "backoff");
  CHECK(refused([](auto& o) { o.max_backoff = INFINITY; }) == "max_backoff");
  CHECK(refused([](auto& o) { o.outage = 0; }) == "outage");
  CHECK(refused([](auto& o) { o.max_bytes = 0; }) == "max_bytes");
}

TEST_CASE("options of the cache are checked by name", "[network_options]") {
  const auto refused = [](quarry::ByteCacheOptions cache) {
    return error_id([&] { NetworkOptions{.cache = cache}.validate(); });
  };
  CHECK(refused({.directory = "d", .offline = true}) == "");
  CHECK(refused({.directory = "d", .max_bytes = 0}) == "net.option");
  CHECK(refused({.offline = true}) == "net.option");
  CHECK(refused({.directory = "d",
                 .use = quarry::CacheUse::write,
                 .offline = true}) == "net.option");
}
