// Which strategy? Two ways to let rounds decide: a bandit that blends what
// several strategies pick (ALBL), and branches that are dropped when their
// learning curves promise least (Pshea).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "quarry/core.hpp"
#include "quarry/strategy.hpp"

namespace {

/// A thousand points of a square, those in a ring of class 1, and a model:
/// labelled points vote on the class of a point, near ones more than far ones.
class World {
 public:
  static constexpr std::size_t rows = 1000;

  World() {
    quarry::RandomStream random(3);
    for (std::size_t i = 0; i < rows; ++i) {
      const double x = random.uniform(-1.0, 1.0);
      const double y = random.uniform(-1.0, 1.0);
      points_.push_back(static_cast<float>(x));
      points_.push_back(static_cast<float>(y));
      truth_.push_back(std::abs(std::hypot(x, y) - 0.6) < 0.2);
    }
    label({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  }

  /// Labels rows, and trains anew.
  void label(const std::vector<std::size_t>& asked) {
    labelled_.insert(labelled_.end(), asked.begin(), asked.end());
    probabilities_.clear();
    for (std::size_t i = 0; i < rows; ++i) {
      double votes[2] = {1e-9, 1e-9};
      for (const std::size_t l : labelled_) {
        const double x = points_[2 * i] - points_[2 * l];
        const double y = points_[2 * i + 1] - points_[2 * l + 1];
        votes[truth_[l]] += std::exp(-40.0 * (x * x + y * y));
      }
      const double p = votes[1] / (votes[0] + votes[1]);
      probabilities_.push_back(static_cast<float>(1.0 - p));
      probabilities_.push_back(static_cast<float>(p));
    }
  }

  std::vector<std::size_t> picks(const quarry::AnyStrategy& strategy,
                                 std::size_t budget) const {
    std::vector<std::size_t> labelled = labelled_;
    std::sort(labelled.begin(), labelled.end());
    const quarry::PoolView pool(
        {.rows = rows,
         .inputs = {{quarry::inputs::probabilities,
                     quarry::ArrayView(probabilities_.data(), {rows, 2})},
                    {quarry::inputs::embeddings,
                     quarry::ArrayView(points_.data(), {rows, 2})}},
         .candidates = quarry::RowStates(rows).candidates(labelled),
         .labelled = labelled,
         .keys = quarry::row_keys(rows, /*seed=*/0)});
    quarry::SelectContext context;
    std::vector<std::size_t> picks;
    for (const auto& pick :
         quarry::select_from(strategy, pool, budget, context)) {
      picks.push_back(pick.index);
    }
    return picks;
  }

  const std::vector<std::size_t>& labelled() const { return labelled_; }
  bool right_about(std::size_t row) const {
    return (probabilities_[2 * row + 1] > 0.5F) == truth_[row];
  }
  /// On the whole pool, as only an example can know it.
  double accuracy() const {
    std::size_t right = 0;
    for (std::size_t i = 0; i < rows; ++i) right += right_about(i);
    return static_cast<double>(right) / rows;
  }

 private:
  std::vector<float> points_;  // [rows, 2]
  std::vector<bool> truth_;    // [rows]
  std::vector<std::size_t> labelled_;
  std::vector<float> probabilities_;  // [rows, 2]
};

}  // namespace

int main() {
  World world;
  // [albl]
  const std::vector<quarry::AnyStrategy> strategies = {quarry::Margin(),
                                                       quarry::KCenter()};
  const char* file = "albl.json";
  for (int round = 1; round <= 8; ++round) {
    // Each round could be a process of its own: all it needs is in the file.
    auto albl = std::filesystem::exists(file)
                    ? quarry::Albl::from_json(quarry::read_json(file), file)
                    : quarry::Albl(strategies.size(), World::rows,
                                   {.bandit = {.horizon = 80}});
    std::vector<quarry::Advice> advice;
    for (const auto& strategy : strategies) {
      advice.push_back(quarry::Advice::of(world.picks(strategy, 10)));
    }
    world.label(albl.ask(advice, 10, world.labelled()));
    const double reward =
        albl.learn([&](std::size_t row) { return world.right_about(row); });
    quarry::write_json(file, albl.to_json());

    const auto p = albl.bandit().probabilities();
    std::printf(
        "%3zu labels: accuracy %.2f, reward %.2f, margin %.2f, k_center %.2f, "
        "any %.2f\n",
        world.labelled().size(), world.accuracy(), reward, p[0], p[1], p[2]);
  }
  // [albl]

  // [pshea]
  std::map<std::string, World> worlds;
  for (const char* name : {"margin", "k_center", "random"}) worlds[name];
  quarry::Pshea pshea({"margin", "k_center", "random"},
                      {.budget = 150, .batch = 10});
  while (pshea.stop() == quarry::PsheaStop::go_on) {
    std::vector<quarry::BranchReport> reports;
    for (const std::string& name : pshea.alive()) {
      World& branch = worlds[name];
      const auto bought = branch.picks(quarry::make_strategy(name), 10);
      branch.label(bought);
      reports.push_back({name, branch.labelled().size(), branch.accuracy()});
      for (const std::size_t row : bought) {
        reports.back().bought.push_back(std::to_string(row));
      }
    }
    const quarry::PsheaRound now = pshea.round(reports);
    std::printf("%3zu labels bought, %s leads with %.2f", now.spent,
                now.best.c_str(), now.best_metric);
    for (const auto& [name, verdict, forecast] : now.forecasts) {
      if (forecast)
        std::printf(", %s to be %.2f", name.c_str(), forecast->metric);
    }
    for (const auto& name : now.dropped) {
      std::printf(": %s is dropped", name.c_str());
    }
    std::printf("\n");
  }
  // [pshea]
}
