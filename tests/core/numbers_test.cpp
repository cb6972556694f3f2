#include "core/numbers.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace quarry::detail;

TEST_CASE("Counts have commas and a plural", "[numbers]") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(12'345'678) == "12,345,678");
  CHECK(grouped(UINT64_MAX) == "18,446,744,073,709,551,615");
  CHECK(counted(1, "sample") == "1 sample");
  CHECK(counted(0, "sample") == "0 samples");
  CHECK(counted(1000, "sample is", "samples are") == "1,000 samples are");
  CHECK(counted(1, "sample is", "samples are") == "1 sample is");
}

TEST_CASE("Fixed digits, whatever the number", "[numbers]") {
  CHECK(fixed(1.005, 1) == "1.0");
  CHECK(fixed(-0.25, 2) == "-0.25");
  CHECK(fixed(std::nan(""), 2) == "nan");
  CHECK(fixed(std::numeric_limits<double>::max(), 6).size() == 316);
}

TEST_CASE("As few digits as tell a number from all others", "[numbers]") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(0.1 + 0.2) == "0.30000000000000004");
  CHECK(shortest(-1e-40) == "-1e-40");
  CHECK(shortest(std::nan("")) == "nan");
  CHECK(shortest(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(shortest(-std::numeric_limits<double>::denorm_min() * 0x1p52).size() <
        32);
}
