#include "quarry/net/network_options.hpp"

#include <cmath>
#include <string>

#include "quarry/core/error.hpp"

namespace quarry {
namespace {

void expect(bool ok, const char* field, const std::string& value,
            const char* constraint, const char* options = "NetworkOptions") {
  if (ok) return;
  raise("net.option", std::string(options) + ": " + field + " is " + value +
                          ": it must be " + constraint);
}

void expect_seconds(const char* field, double value, double least = 1e-3) {
  expect(std::isfinite(value) && value >= least && value <= 86'400.0, field,
         std::to_string(value),
         least >= 1.0 ? "from 1 to 86400" : "from 0.001 to 86400");
}

}  // namespace

void NetworkOptions::validate() const {
  expect(max_in_flight >= 1 && max_in_flight <= 1024, "max_in_flight",
         std::to_string(max_in_flight), "from 1 to 1024");
  expect(max_per_host >= 1 && max_per_host <= 1024, "max_per_host",
         std::to_string(max_per_host), "from 1 to 1024");
  expect_seconds("connect_timeout", connect_timeout);
  expect_seconds("first_byte_timeout", first_byte_timeout);
  expect_seconds("stall_timeout", stall_timeout, 1.0);
  expect_seconds("transfer_timeout", transfer_timeout);
  expect(retries <= 20, "retries", std::to_string(retries), "from 0 to 20");
  expect_seconds("backoff", backoff);
  expect_seconds("max_backoff", max_backoff);
  expect_seconds("outage", outage);
  expect(max_bytes >= 1, "max_bytes", "0", "at least 1");
  cache.validate();
}

void ByteCacheOptions::validate() const {
  const auto expect_here = [](bool ok, const char* field, const char* value,
                              const char* constraint) {
    expect(ok, field, value, constraint, "ByteCacheOptions");
  };
  expect_here(max_bytes >= 1, "max_bytes", "0", "at least 1");
  expect_here(!offline || !directory.empty(), "offline", "true",
              "false without a directory");
  expect_here(!offline || use != CacheUse::write, "use", "write",
              "on or read when offline");
}

}  // namespace quarry
