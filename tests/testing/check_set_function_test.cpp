#include "quarry/testing/check_set_function.hpp"

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "quarry/strategy.hpp"

#include "broken_law.hpp"
#include "catch.hpp"

using namespace quarry;
using test::broken;
using testing::check_set_function;
using testing::check_similarity_function;

namespace {

const std::vector<std::size_t> rows = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

/// f(S) = the root of a sum of weights: submodular.
struct Root {
  static constexpr bool submodular = true;
  double sum = 0.0;
  static double weight(std::size_t row) {
    return 1.0 + static_cast<double>(row % 5);
  }
  double gain(std::size_t row) const {
    return std::sqrt(sum + weight(row)) - std::sqrt(sum);
  }
  void add(std::size_t row) { sum += weight(row); }
};
/// f(S) = the square of one: gains rise, whatever it promises.
struct Rising : Root {
  double gain(std::size_t row) const {
    return weight(row) * (2.0 * sum + weight(row));
  }
};
struct RisingUnpromised : Rising {
  static constexpr bool submodular = false;
};
/// It counts how often it is asked.
struct Moody : Root {
  mutable double calls = 0.0;
  double gain(std::size_t) const { return -++calls; }
};
struct Nan : Root {
  double gain(std::size_t) const { return std::nan(""); }
};
/// The distance to the row that was added last.
struct LastOnly {
  std::size_t last = 0;
  double gain(std::size_t row) const {
    return std::abs(static_cast<double>(row) - static_cast<double>(last));
  }
  void add(std::size_t row) { last = row; }
};
/// Gains of S alone that are no differences of any f.
struct NoFunction : Root {
  double gain(std::size_t row) const { return weight(row) / (1.0 + sum); }
};
struct OtherAtOnce : Root {
  void gains(std::span<const std::size_t> some, std::span<double> out) const {
    for (std::size_t i = 0; i < some.size(); ++i) {
      out[i] = gain(some[i]) * (1.0 + 1e-15 * static_cast<double>(i));
    }
  }
};
struct BoundsBelow : Root {
  void bounds(std::span<const std::size_t> some, std::span<double> out) const {
    for (std::size_t i = 0; i < some.size(); ++i) {
      out[i] = std::nextafter(gain(some[i]), 0.0);
    }
  }
};

/// Σ of similarities with the picks; then `Change` does what it likes.
template <class Change>
struct Likeness {
  static constexpr const char* name = "likeness";
  struct Options {};
  Likeness(const Similarity& s, Options, std::size_t n)
      : similarity(s), threads(n), sums(s.size()) {}
  static std::size_t bytes(std::size_t ground, std::size_t) {
    return ground * sizeof(double);
  }
  double gain(std::size_t row) const {
    return Change()(sums[similarity.place(row)], *this);
  }
  void add(std::size_t row) {
    const std::vector<double> values = similarity.row(row, threads);
    for (std::size_t i = 0; i < values.size(); ++i) sums[i] += values[i];
  }
  void allow(std::size_t bytes) { room = bytes; }

  const Similarity& similarity;
  std::size_t threads;
  std::size_t room = 0;
  std::vector<double> sums;
};
struct AsItIs {
  template <class F>
  double operator()(double sum, const F&) const {
    return sum;
  }
};
struct ByThreads {
  template <class F>
  double operator()(double sum, const F& f) const {
    return sum * static_cast<double>(f.threads);
  }
};
struct ByRoom {
  template <class F>
  double operator()(double sum, const F& f) const {
    return sum + (f.room > 0 ? 1.0 : 0.0);
  }
};

template <class F>
testing::LawReport report_of(const testing::CheckSetFunctionOptions& how = {}) {
  return check_set_function([] { return F(); }, rows, how);
}

}  // namespace

TEST_CASE("Set functions that keep their word obey the laws",
          "[check_set_function]") {
  CHECK(report_of<Root>().text() == "");
  CHECK(report_of<RisingUnpromised>().text() == "");
  CHECK(report_of<Root>({.seed = 7, .sets = 1, .most_picks = 40}).text() == "");
  CHECK(check_set_function([] { return Root(); }, std::array{std::size_t{3}})
            .text() == "");
}

TEST_CASE("Every broken law of set functions is found",
          "[check_set_function]") {
  CHECK(broken(report_of<Rising>(), "a gain never rises"));
  CHECK(broken(report_of<Moody>(), "the same twice"));
  CHECK(broken(report_of<Nan>(), "finite or -inf"));
  CHECK(broken(report_of<LastOnly>(), "do not depend on the order"));
  CHECK(broken(report_of<NoFunction>(), "one sum"));
  CHECK(broken(report_of<OtherAtOnce>(), "gains(rows) == gain(row)"));
  CHECK(broken(report_of<BoundsBelow>(), "bounds(rows) >= gain(row)"));
}

TEST_CASE("Quarry's own set functions obey the laws", "[check_set_function]") {
  CHECK(check_similarity_function<FacilityLocationFunction>().text() == "");
  CHECK(check_similarity_function<FacilityLocationFunction, RawRbfKernel>()
            .text() == "");
  CHECK(check_similarity_function<SparseFacilityLocationFunction>(
            {.function = {.neighbours = 5}})
            .text() == "");
  CHECK(check_similarity_function<GraphCutFunction>().text() == "");
  CHECK(check_similarity_function<LogDetFunction, RbfKernel>().text() == "");
  CHECK(check_similarity_function<DisparityMinFunction>().text() == "");
  CHECK(check_similarity_function<DisparitySumFunction>().text() == "");
  CHECK(check_similarity_function<MaxHerdingFunction, RbfKernel>().text() ==
        "");
  CHECK(
      check_similarity_function<UncertaintyHerdingFunction<Margin>, RbfKernel>()
          .text() == "");
  CHECK(check_similarity_function<CoverFunction, BallKernel>().text() == "");
}

TEST_CASE("What a function of similarities must not depend on is found",
          "[check_set_function]") {
  CHECK(broken(check_similarity_function<Likeness<ByThreads>>(),
               "number of threads"));
  CHECK(broken(check_similarity_function<Likeness<ByRoom>>(), "allocate"));
  CHECK(check_similarity_function<Likeness<AsItIs>>().text() == "");
}
