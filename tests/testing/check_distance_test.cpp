#include "quarry/testing/check_distance.hpp"

#include <atomic>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "quarry/strategy.hpp"

#include "broken_law.hpp"
#include "catch.hpp"

using namespace quarry;
using test::broken;
using testing::check_distance;

namespace {

/// Σ |a − b|, turned by what `Turn` does to it.
template <class Turn>
struct Turned {
  Turn turn = {};
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += std::abs(double{a[i]} - double{b[i]});
    }
    return turn(sum, a[0], b[0]);
  }
  double distance(double reduced) const { return reduced; }
};

struct AsItIs {
  double operator()(double sum, double, double) const { return sum; }
};
struct LongerBack {
  double operator()(double sum, double a, double b) const {
    return a < b ? 2.0 * sum : sum;
  }
};
struct BelowZero {
  double operator()(double sum, double, double) const { return -sum; }
};
struct NotFinite {
  double operator()(double sum, double, double) const { return 1.0 / sum; }
};
struct FarFromItself {
  double operator()(double sum, double, double) const { return sum + 1e-9; }
};
struct Throws {
  double operator()(double, double, double) const {
    throw std::runtime_error("no such distance");
  }
};
/// It keeps count, for all of its copies and threads.
struct Counts {
  std::shared_ptr<std::atomic<int>> calls =
      std::make_shared<std::atomic<int>>(0);
  double operator()(double sum, double, double) const {
    return sum == 0.0 ? 0.0 : sum + (*calls)++;
  }
};

/// ‖a − b‖² in the precision of the rows.
struct InFloat {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    T sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return double{sum};
  }
  double distance(double reduced) const { return std::sqrt(reduced); }
};

/// 1 − ⟨a, b⟩ / (‖a‖ ‖b‖): what is left when nearly all of it cancels.
struct Cancels {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      aa += double{a[i]} * a[i];
      bb += double{b[i]} * b[i];
      ab += double{a[i]} * b[i];
    }
    return 1.0 - ab / (std::sqrt(aa) * std::sqrt(bb));
  }
  double distance(double reduced) const { return reduced; }
};

struct FallsAgain : Euclidean {
  double distance(double reduced) const { return std::sin(reduced); }
};
struct NeverNone : Euclidean {
  double distance(double reduced) const { return 1.0 + reduced; }
};

}  // namespace

TEST_CASE("Quarry's own distances obey the laws", "[check_distance]") {
  CHECK(check_distance(Euclidean()).text() == "");
  CHECK(check_distance(Cosine()).text() == "");
  CHECK(check_distance(SymmetricKl(), {.probabilities = true}).text() == "");
  CHECK(check_distance(Turned<AsItIs>(), {.seed = 3, .rows = 2}).text() == "");
}

TEST_CASE("Every broken law of distances is found", "[check_distance]") {
  CHECK(broken(check_distance(Turned<LongerBack>()), "reduced(b, a)"));
  CHECK(broken(check_distance(Turned<BelowZero>()), "finite and >= 0"));
  CHECK(broken(check_distance(Turned<NotFinite>()), "finite and >= 0"));
  CHECK(broken(check_distance(Turned<FarFromItself>()), "reduced(a, a) == 0"));
  CHECK(broken(check_distance(Cancels()), "reduced(a, a) == 0"));
  CHECK(broken(check_distance(InFloat()), "of floats"));
  CHECK(broken(check_distance(FallsAgain()), "ascends"));
  CHECK(broken(check_distance(NeverNone()), "distance(0) == 0"));
  CHECK(broken(check_distance(Turned<Counts>()), "many threads"));
  CHECK(broken(check_distance(Turned<Throws>()), "no such distance"));
}
