#include "quarry/strategy/choice/albl.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

#include "core/json_object.hpp"
#include "strategy/choice/state.hpp"

namespace quarry {
namespace {

/// The rows of q above 0 with their running sums: a draw is a search.
class RowDraws {
 public:
  explicit RowDraws(std::span<const double> q) {
    double sum = 0.0;
    for (std::size_t row = 0; row < q.size(); ++row) {
      if (!(q[row] > 0.0)) continue;
      rows_.push_back(row);
      sums_.push_back(sum += q[row]);
    }
  }
  const std::vector<std::size_t>& rows() const { return rows_; }
  /// The first row at which the running share reaches u.
  std::size_t draw(double u) const {
    const double total = sums_.back();
    const auto found =
        std::partition_point(sums_.begin(), sums_.end() - 1,
                             [&](double sum) { return sum / total < u; });
    return rows_[static_cast<std::size_t>(found - sums_.begin())];
  }

 private:
  std::vector<std::size_t> rows_;
  std::vector<double> sums_;
};

/// Which rows are labelled. Raises `strategy.bad_row_number`.
std::vector<bool> marks(std::span<const std::size_t> labelled,
                        std::size_t rows) {
  std::vector<bool> marked(rows, false);
  for (const std::size_t row : labelled) {
    if (row >= rows) {
      raise("strategy.bad_row_number",
            "labelled row " + std::to_string(row) + " is not below the " +
                std::to_string(rows) + " rows of the pool");
    }
    marked[row] = true;
  }
  return marked;
}

}  // namespace

Albl::Albl(std::size_t strategies, std::size_t rows, Options options)
    : Albl(Exp4P(options.experts(strategies), options.bandit), rows,
           options.uniform, options.seed) {
  QUARRY_EXPECTS(strategies > 0, "Albl: a strategy");
}

Albl::Albl(Exp4P bandit, std::size_t rows, bool uniform, std::uint64_t seed)
    : bandit_(std::move(bandit)),
      rows_(rows),
      with_uniform_(uniform),
      seed_(seed) {
  QUARRY_EXPECTS(rows > 0, "Albl: a pool with rows");
}

std::vector<Advice> Albl::all_of(std::span<const Advice> advice) const {
  std::vector<Advice> all(advice.begin(), advice.end());
  if (with_uniform_) all.push_back(Advice::uniform(rows_));
  return all;
}

std::vector<double> Albl::query(std::span<const Advice> advice) const {
  return bandit_.query(all_of(advice), rows_);
}

std::vector<std::size_t> Albl::ask(std::span<const Advice> advice,
                                   std::size_t budget,
                                   std::span<const std::size_t> labelled) {
  QUARRY_EXPECTS(!asking(), "Albl::ask: learn() ends the round before");
  const std::vector<Advice> all = all_of(advice);
  const std::vector<double> q = bandit_.query(all, rows_);
  const RowDraws draws(q);
  std::vector<bool> known = marks(labelled, rows_);
  const auto unknown = std::count_if(draws.rows().begin(), draws.rows().end(),
                                     [&](std::size_t r) { return !known[r]; });
  budget = std::min(budget, static_cast<std::size_t>(unknown));

  RandomStream stream = RandomStream(seed_).derive("albl").derive(
      static_cast<std::uint64_t>(bandit_.asked()));
  const auto uniform = [&] {
    return uniform_ ? uniform_() : stream.uniform();
  };
  std::vector<double> weight(rows_, 0.0);  // Σ 1/q over the round's draws
  std::vector<std::size_t> asked;
  while (asked.size() < budget) {
    const std::size_t row = draws.draw(uniform());
    weight[row] += 1.0 / q[row];
    ++draws_;
    if (known[row]) continue;
    known[row] = true;
    asked.push_back(row);
  }
  if (draws_ == 0) return asked;

  for (const std::size_t row : draws.rows()) {
    if (weight[row] > 0.0) drawn_[row] += weight[row];
  }
  ratios_.clear();
  for (const Advice& one : all) {
    const std::vector<double> parts = one.distribution(rows_);
    double ratio = 0.0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      ratio += parts[i] * weight[one.rows[i]];
    }
    ratios_.push_back(ratio);
  }
  return asked;
}

double Albl::learn(const std::function<bool(std::size_t row)>& correct) {
  QUARRY_EXPECTS(asking(), "Albl::learn: ask() begins a round");
  double sum = 0.0;
  for (const auto& [row, weight] : drawn_) {
    if (correct(row)) sum += weight;
  }
  const double reward =
      sum / static_cast<double>(rows_) / static_cast<double>(bandit_.horizon());
  std::vector<double> estimates = ratios_;
  for (double& estimate : estimates) estimate *= reward;
  bandit_.update(estimates, draws_);
  draws_ = 0;
  ratios_.clear();
  return reward;
}

Json Albl::to_json() const {
  Json rows = Json::array();
  Json weights = Json::array();
  for (const auto& [row, weight] : drawn_) {
    rows.push_back(row);
    weights.push_back(weight);
  }
  return {{"rows", rows_},
          {"uniform", with_uniform_},
          {"seed", seed_},
          {"bandit", bandit_.to_json()},
          {"drawn", std::move(rows)},
          {"weights", std::move(weights)},
          {"draws", draws_},
          {"ratios", ratios_}};
}

Albl Albl::from_json(const Json& state, std::string_view name) {
  const detail::JsonObject object =
      detail::state_object(state, "", name,
                           {"rows", "uniform", "seed", "bandit", "drawn",
                            "weights", "draws", "ratios"});
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const bool uniform = object.yes("uniform", true);
  Albl albl(Exp4P::from_json(*object.find("bandit"),
                             std::string(name) + ", its bandit"),
            object.whole("rows", 0, 1, most), uniform,
            object.whole("seed", 0, 0, most));
  const std::size_t experts = albl.bandit_.experts();
  if (uniform && experts < 2) {
    object.complain("bandit", "has no expert besides the uniform one");
  }
  const std::vector<std::size_t> rows =
      object.wholes("drawn", 0, albl.rows_ - 1);
  const std::vector<double> weights =
      object.numbers("weights", rows.size(), "drawn row");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!(weights[i] > 0.0)) {
      object.complain("weights", "holds a number that is not positive");
    }
    if (!albl.drawn_.emplace(rows[i], weights[i]).second) {
      object.complain("drawn", "holds " + std::to_string(rows[i]) + " twice");
    }
  }
  albl.draws_ = object.whole("draws", 0, 0, most);
  albl.ratios_ =
      object.numbers("ratios", albl.asking() ? experts : 0, "expert");
  for (const double ratio : albl.ratios_) {
    if (ratio < 0.0) object.complain("ratios", "holds a negative number");
  }
  return albl;
}

}  // namespace quarry
