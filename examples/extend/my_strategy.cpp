// A strategy of your own: a score for one row, and that is all.

#include <iostream>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_strategy.hpp>

// [strategy]
struct Doubt : quarry::Pointwise<Doubt> {
  double score(const quarry::Prediction& p) const {
    return 1.0 - p.probabilities.maxCoeff();
  }
};
// [strategy]

static_assert(quarry::PointwiseStrategy<Doubt>);

int main() {
  // [check]
  // Does it obey the laws of a strategy?
  const auto laws = quarry::testing::check_strategy(Doubt());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]

  // [register]
  // From here on make_strategy("doubt") finds it.
  quarry::register_strategy<Doubt>({.name = "doubt"});
  // [register]

  // [rank]
  // Four predictions of three classes; row 2 is labelled already.
  const std::vector<float> probabilities = {0.8F, 0.1F, 0.1F,  //
                                            0.4F, 0.3F, 0.3F,  //
                                            0.4F, 0.4F, 0.2F,  //
                                            0.6F, 0.2F, 0.2F};
  const quarry::PoolView pool(
      {.rows = 4,
       .inputs = {{quarry::inputs::probabilities,
                   quarry::ArrayView(probabilities.data(), {4, 3})}},
       .candidates = {0, 1, 3},
       .labelled = {2},
       .keys = quarry::row_keys(4, /*seed=*/0)});
  quarry::SelectContext context;
  for (const quarry::RankedPick& pick : quarry::select_from(
           quarry::make_strategy("doubt"), pool, /*budget=*/2, context)) {
    std::cout << "row " << pick.index << ": " << pick.score << '\n';
  }
  // [rank]
}
