#include "quarry/net/network_options.hpp"

#include <cmath>

#include "catch.hpp"
#include "error_id.hpp"

using quarry::NetworkOptions;
using quarry::test::error_id;

TEST_CASE("options of the network are checked by name", "[network_options]") {
  CHECK_NOTHROW(NetworkOptions{}.validate());
  const auto refused = [](auto change) {
    NetworkOptions options;
    change(options);
    return error_id([&] { options.validate(); });
  };
  CHECK(refused([](auto& o) { o.max_in_flight = 0; }) == "net.option");
  CHECK(refused([](auto& o) { o.max_per_host = 1025; }) == "net.option");
  CHECK(refused([](auto& o) { o.connect_timeout = NAN; }) == "net.option");
  CHECK(refused([](auto& o) { o.first_byte_timeout = 0; }) == "net.option");
  CHECK(refused([](auto& o) { o.stall_timeout = 0.5; }) == "net.option");
  CHECK(refused([](auto& o) { o.retries = 21; }) == "net.option");
  CHECK(refused([](auto& o) { o.backoff = -1; }) == "net.option");
  CHECK(refused([](auto& o) { o.max_backoff = INFINITY; }) == "net.option");
  CHECK(refused([](auto& o) { o.outage = 0; }) == "net.option");
  CHECK(refused([](auto& o) { o.max_bytes = 0; }) == "net.option");
}
