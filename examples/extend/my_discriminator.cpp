// A classifier of your own, for `discriminative`.
//
// A row is like labelled ones if it is nearer to their mean than to the mean of
// all others.

#include <iostream>
#include <span>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_discriminator.hpp>

// [classifier]
struct NearestMean {
  std::vector<double> log_odds(const quarry::DiscriminatorTask& task) const {
    const std::size_t width = task.rows.width();
    std::vector<double> row(width), mean[2];
    for (const bool labelled : {false, true}) {
      std::vector<double>& sum = mean[labelled];
      sum.resize(width);
      double count = 0;
      for (std::size_t i = 0; i < task.rows.size(); ++i) {
        if ((task.labelled[i] != 0) != labelled) continue;
        task.rows.read(i, std::span(row));
        for (std::size_t d = 0; d < width; ++d) sum[d] += row[d];
        ++count;
      }
      for (double& x : sum) x /= count;
    }
    std::vector<double> odds;
    for (std::size_t i = 0; i < task.rows.size(); ++i) {
      task.rows.read(i, std::span(row));
      const quarry::Euclidean to;
      odds.push_back(to.reduced<double>(row, mean[1]) -
                     to.reduced<double>(row, mean[0]));
    }
    return odds;
  }
  std::size_t bytes(std::size_t rows, std::size_t width,
                    std::size_t /*threads*/) const {
    return (2 * rows + 3 * width) * sizeof(double);
  }
};
// [classifier]

int main() {
  // [check]
  const auto laws = quarry::testing::check_discriminator(NearestMean());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]

  const std::vector<float> embeddings = {0, 1, 2, 3, 9};
  const quarry::PoolView pool(
      {.rows = 5,
       .inputs = {{quarry::inputs::embeddings,
                   quarry::ArrayView(embeddings.data(), {5, 1})}},
       .candidates = {1, 2, 3, 4},
       .labelled = {0},
       .keys = quarry::row_keys(5, /*seed=*/0)});
  quarry::SelectContext context;
  std::cout << "rows";
  for (const quarry::RankedPick& pick :
       quarry::select_from(quarry::Discriminative<NearestMean>(), pool,
                           /*budget=*/2, context)) {
    std::cout << ' ' << pick.index;
  }
  std::cout << '\n';
  return laws.ok() ? 0 : 1;
}
