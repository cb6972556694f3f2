#include "quarry/testing/check_kernel.hpp"

#include <cmath>
#include <stdexcept>

#include "quarry/strategy.hpp"

#include "broken_law.hpp"
#include "catch.hpp"

using namespace quarry;
using test::broken;
using testing::check_kernel;

namespace {

/// ⟨a, b⟩ of rows as they are.
struct Linear {
  static constexpr bool unit_rows = false;
  double similarity(double ab, double, double) const { return ab; }
};
struct Asymmetric {
  static constexpr bool unit_rows = false;
  double similarity(double ab, double aa, double) const { return ab + aa; }
};
/// There is a row of zeros.
struct NotFinite {
  static constexpr bool unit_rows = true;
  double similarity(double ab, double aa, double bb) const {
    return ab / std::sqrt(aa * bb);
  }
};
struct Moody {
  static constexpr bool unit_rows = true;
  mutable int calls = 0;
  double similarity(double ab, double, double) const {
    return ab + ++calls % 3;
  }
};
struct BoundsBelow : CosineKernel {
  void bounds(std::span<float> values) const {
    for (float& value : values) value = 0.9F - 0.5F * value;
  }
};
struct BoundsOfNoUse : CosineKernel {
  void bounds(std::span<float> values) const {
    for (float& value : values) value = 2.0F;
  }
};
struct PairOfHalves {
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    return a[0] * b[b.size() - 1];
  }
};
/// Where a row lies is none of its business.
struct PairOfPlaces {
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    return std::abs(static_cast<double>(a.data() - b.data()));
  }
};
struct Throws {
  double similarity(std::span<const double>, std::span<const double>) const {
    throw std::runtime_error("no such kernel");
  }
};

}  // namespace

TEST_CASE("Quarry's own kernels obey the laws", "[check_kernel]") {
  CHECK(check_kernel(CosineKernel()).text() == "");
  CHECK(check_kernel(RbfKernel()).text() == "");
  CHECK(check_kernel(RbfKernel{.sigma = 0.2}).text() == "");
  CHECK(check_kernel(BallKernel()).text() == "");
  CHECK(check_kernel(BallKernel{.squared_delta = 0.1}).text() == "");
  CHECK(check_kernel(RawRbfKernel()).text() == "");
  CHECK(check_kernel(InverseDistance<>()).text() == "");
  CHECK(check_kernel(InverseDistance<Cosine>(), {.seed = 2}).text() == "");
  CHECK(check_kernel(Linear(), {.rows = 2}).text() == "");
}

TEST_CASE("Every broken law of kernels is found", "[check_kernel]") {
  CHECK(broken(check_kernel(Asymmetric()), "symmetric"));
  CHECK(broken(check_kernel(PairOfHalves()), "symmetric"));
  CHECK(broken(check_kernel(NotFinite()), "finite"));
  CHECK(broken(check_kernel(PairOfPlaces()), "equally like any other"));
  CHECK(broken(check_kernel(Moody()), "symmetric"));
  CHECK(broken(check_kernel(BoundsBelow()), "bounds(v) >="));
  CHECK(broken(check_kernel(BoundsOfNoUse()), "hardly above"));
  CHECK(broken(check_kernel(Throws()), "no such kernel"));
}
