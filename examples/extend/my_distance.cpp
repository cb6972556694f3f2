// A distance of your own, for strategies that compare rows.
//
// k-center with the sum of absolute differences instead of Euclid's distance.

#include <cmath>
#include <iostream>
#include <span>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_distance.hpp>

// [distance]
struct Manhattan {
  template <class T>  // rows of floats and of doubles
  double reduced(std::span<const T> a, std::span<const T> b) const {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += std::abs(double{a[i]} - double{b[i]});
    }
    return sum;
  }
  double distance(double reduced) const { return reduced; }
};
// [distance]

static_assert(quarry::RowDistance<Manhattan>);

int main() {
  // [check]
  const auto laws = quarry::testing::check_distance(Manhattan());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]

  // Seen from row 0, which is labelled: row 1 is 5 away in either way, row 2 is
  // √18 away or 6.
  const std::vector<float> embeddings = {0, 0, 0, 5, 3, 3};
  const quarry::PoolView pool(
      {.rows = 3,
       .inputs = {{quarry::inputs::embeddings,
                   quarry::ArrayView(embeddings.data(), {3, 2})}},
       .candidates = {1, 2},
       .labelled = {0},
       .keys = quarry::row_keys(3, /*seed=*/0)});
  const auto print = [&](const char* name, const quarry::AnyStrategy& by) {
    quarry::SelectContext context;
    for (const auto& pick : quarry::select_from(by, pool, 1, context)) {
      std::cout << name << ": row " << pick.index << ", " << pick.score << '\n';
    }
  };
  print("Euclidean", quarry::KCenter());
  print("Manhattan", quarry::KCenter(Manhattan()));
  return laws.ok() ? 0 : 1;
}
