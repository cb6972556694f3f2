// A set strategy of your own: the whole pool is seen, rows are chosen together.
//
// The least certain rows of a pool are often all of one class. This one takes
// the predicted classes in turn.

#include <algorithm>
#include <iostream>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_strategy.hpp>

// [strategy]
struct InTurn : quarry::SetWise<InTurn> {
  // Without this it would need embeddings.
  static constexpr quarry::Needs needs() {
    return {{.name = quarry::inputs::probabilities}};
  }

  std::vector<quarry::RankedPick> select(const quarry::PoolView& pool,
                                         std::size_t budget,
                                         quarry::SelectContext& context) const {
    const quarry::ArrayView& p = pool.input(quarry::inputs::probabilities);
    context.expect_memory(
        "in_turn", pool.candidates().size() * 2 * sizeof(quarry::ScoredRow));
    // Each class has a queue, the least certain candidate first.
    std::vector<std::vector<quarry::ScoredRow>> queues(p.cols());
    std::vector<double> row(p.cols());
    for (const std::size_t i : pool.candidates()) {
      p.read_row(i, std::span(row));
      const auto best = std::max_element(row.begin(), row.end());
      queues[best - row.begin()].push_back({1.0 - *best, pool.key(i), i});
    }
    for (auto& queue : queues) {
      std::sort(queue.begin(), queue.end(), quarry::PickOrder(context.ties));
    }
    budget = std::min(budget, pool.candidates().size());
    std::vector<quarry::RankedPick> picks;
    for (std::size_t turn = 0; picks.size() < budget; ++turn) {
      for (const auto& queue : queues) {
        if (turn >= queue.size() || picks.size() == budget) continue;
        picks.push_back({queue[turn].index, queue[turn].score});
      }
    }
    return picks;
  }
};
// [strategy]

static_assert(quarry::SetStrategy<InTurn>);
static_assert(not quarry::PointwiseStrategy<InTurn>);

int main() {
  const auto laws = quarry::testing::check_strategy(InTurn());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();

  // Rows 0 to 2 look like class 0, row 3 like class 1, row 4 like class 2.
  const std::vector<float> probabilities = {0.4F, 0.3F, 0.3F,  //
                                            0.5F, 0.3F, 0.2F,  //
                                            0.6F, 0.2F, 0.2F,  //
                                            0.1F, 0.8F, 0.1F,  //
                                            0.1F, 0.2F, 0.7F};
  const quarry::PoolView pool(
      {.rows = 5,
       .inputs = {{quarry::inputs::probabilities,
                   quarry::ArrayView(probabilities.data(), {5, 3})}},
       .candidates = {0, 1, 2, 3, 4},
       .keys = quarry::row_keys(5, /*seed=*/0)});
  const auto print = [&](const char* name, const quarry::AnyStrategy& by) {
    quarry::SelectContext context;
    std::cout << name << ": rows";
    for (const auto& pick : quarry::select_from(by, pool, 3, context)) {
      std::cout << ' ' << pick.index;
    }
    std::cout << '\n';
  };
  print("least confidence", quarry::LeastConfidence());
  print("in turn", InTurn());
  return laws.ok() ? 0 : 1;
}
