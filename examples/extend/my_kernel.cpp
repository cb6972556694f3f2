// Kernels of your own, for strategies that ask how alike samples are.

#include <cmath>
#include <iostream>
#include <span>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_kernel.hpp>

// [products]
// The square of the cosine: rows that point in opposite directions are alike.
struct SquaredCosine {
  static constexpr bool unit_rows = true;
  double similarity(double ab, double /*aa*/, double /*bb*/) const {
    return ab * ab;
  }
};
// [products]

// [pair]
// From the rows themselves, as they are.
struct Laplace {
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return std::exp(-sum);
  }
};
// [pair]

int main() {
  // [check]
  const auto laws = quarry::testing::check_kernel(SquaredCosine());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]
  const auto others = quarry::testing::check_kernel(Laplace());
  std::cout << "laws broken: " << others.violations.size() << '\n'
            << others.text();

  const std::vector<float> embeddings = {2, 0, 3, 0, -9, 0, 0, 1};
  const quarry::PoolView pool(
      {.rows = 4,
       .inputs = {{quarry::inputs::embeddings,
                   quarry::ArrayView(embeddings.data(), {4, 2})}},
       .candidates = {0, 1, 2, 3},
       .keys = quarry::row_keys(4, /*seed=*/0)});
  const auto print = [&](const char* name, const quarry::AnyStrategy& by) {
    quarry::SelectContext context{.ties = quarry::Ties::index};
    std::cout << name << ": rows";
    for (const auto& pick : quarry::select_from(by, pool, 2, context)) {
      std::cout << ' ' << pick.index;
    }
    std::cout << '\n';
  };
  // [use]
  print("cosine", quarry::FacilityLocation<>());
  print("squared cosine", quarry::FacilityLocation<SquaredCosine>());
  print("Laplace", quarry::FacilityLocation<Laplace>());
  // [use]
  return laws.ok() && others.ok() ? 0 : 1;
}
