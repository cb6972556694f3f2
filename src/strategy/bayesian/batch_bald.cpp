#include "quarry/strategy/bayesian/batch_bald.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/bayesian/scores.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"

#include "strategy/bayesian/joint.hpp"
#include "strategy/passes.hpp"

namespace quarry {
namespace {

// Values are computed anew for so many rows at once, whatever the number of
// threads.
constexpr std::size_t at_once = 16;

// Rounding may put a value above its bound by less than this.
constexpr double rounding = 1e-12;

std::vector<double> entropies_of(const Rows& passes) {
  std::vector<double> entropies;
  const RowsView view(passes.data(), passes.rows(), passes.cols());
  for (Eigen::Index k = 0; k < passes.rows(); ++k) {
    entropies.push_back(detail::entropy(detail::pass(view, k)));
  }
  return entropies;
}

double mean(const std::vector<double>& x) {
  double sum = 0.0;
  for (const double value : x) sum += value;
  return sum / static_cast<double>(x.size());
}

double bald(const Rows& passes) {
  return Bald().score(Prediction{
      .passes = RowsView(passes.data(), passes.rows(), passes.cols())});
}

/// The order of a heap whose first row is the first of `order`.
struct LaterRow {
  PickOrder order;
  bool operator()(const ScoredRow& a, const ScoredRow& b) const {
    return order(b, a);
  }
};

class JointSearch {
 public:
  JointSearch(const PoolView& pool, const BatchBaldOptions& options,
              const SelectContext& context)
      : pool_(pool),
        passes_(pool.input(inputs::passes)),
        context_(context),
        order_(context.ties),
        later_{order_},
        joint_(passes_.rows(), options, context.random.derive("batch_bald")) {}

  std::vector<RankedPick> pick(std::size_t budget) {
    detail::Ticker ticker(context_, budget);
    std::vector<RankedPick> picks;
    bound_all(ticker);
    while (picks.size() < budget && !ticker.stop(picks.size())) {
      const std::optional<ScoredRow> next =
          picks.empty() ? pop() : best(ticker, picks.size());
      if (!next) break;
      picks.push_back({next->index, next->score});
      if (picks.size() < budget) joint_.add(passes_of(next->index));
    }
    ticker.finish(picks.size());
    return picks;
  }

 private:
  Rows passes_of(std::size_t row) const {
    Rows passes = detail::rows_for(passes_);
    detail::read_passes(passes_, row, passes);
    return passes;
  }

  /// What the row adds to what the picks tell.
  double gain(std::size_t row) const {
    const Rows passes = passes_of(row);
    const double most = bald(passes);
    if (most == 0.0) return 0.0;
    const std::vector<double> entropies = entropies_of(passes);
    const double more =
        joint_.entropy_given(passes, entropies) - mean(entropies);
    return std::clamp(more, 0.0, most);
  }

  /// The bounds before there is any pick, which are the values themselves.
  void bound_all(detail::Ticker& ticker) {
    const auto candidates = pool_.candidates();
    bounds_.resize(candidates.size());
    detail::parallel_blocks(
        candidates.size(), 256, context_.threads,
        [&](std::size_t first, std::size_t last) {
          if (ticker.stop(0)) return;
          for (std::size_t i = first; i < last; ++i) {
            const std::size_t row = candidates[i];
            bounds_[i] = {bald(passes_of(row)), pool_.key(row), row};
          }
        });
    std::make_heap(bounds_.begin(), bounds_.end(), later_);
  }

  /// The row that adds most; nothing when asked to stop.
  std::optional<ScoredRow> best(detail::Ticker& ticker, std::size_t picked) {
    std::optional<ScoredRow> best;
    std::vector<ScoredRow> known;
    while (true) {
      std::vector<ScoredRow> some;
      while (some.size() < at_once && may_win(best)) some.push_back(pop());
      if (some.empty()) break;
      const std::size_t operations = some.size() * (1 + joint_.size()) *
                                     passes_.rows() * passes_.shape()[2];
      detail::parallel_blocks(
          some.size(), 1, detail::threads_worth(context_.threads, operations),
          [&](std::size_t i, std::size_t) {
            if (ticker.stop(picked)) return;
            some[i].score = gain(some[i].index);
          });
      if (ticker.stop(picked)) return std::nullopt;
      for (const ScoredRow& row : some) {
        if (best && !order_(row, *best)) {
          known.push_back(row);
          continue;
        }
        if (best) known.push_back(*best);
        best = row;
      }
    }
    for (const ScoredRow& row : known) {
      bounds_.push_back(row);
      std::push_heap(bounds_.begin(), bounds_.end(), later_);
    }
    return best;
  }

  /// Whether the row of the highest bound may come before `best`.
  bool may_win(const std::optional<ScoredRow>& best) const {
    if (bounds_.empty() || !best) return !bounds_.empty();
    const ScoredRow& top = bounds_.front();
    // A bound of 0 is a value.
    return top.score > 0.0 ? top.score >= best->score - rounding
                           : order_(top, *best);
  }

  ScoredRow pop() {
    std::pop_heap(bounds_.begin(), bounds_.end(), later_);
    const ScoredRow row = bounds_.back();
    bounds_.pop_back();
    return row;
  }

  const PoolView& pool_;
  const ArrayView& passes_;
  const SelectContext& context_;
  PickOrder order_;
  LaterRow later_;
  detail::Joint joint_;
  std::vector<ScoredRow> bounds_;  // a heap, of rows that are not picked
};

}  // namespace

void BatchBaldOptions::validate() const {
  detail::expect_at_least_one("max_configurations", max_configurations);
  detail::expect_at_least_one("samples", samples);
}

BatchBald::BatchBald(Options options) : options_(options) {
  options_.validate();
}

std::vector<RankedPick> BatchBald::select(const PoolView& pool,
                                          std::size_t budget,
                                          SelectContext& context) const {
  const ArrayView& passes = pool.input(inputs::passes);
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t most =
      std::max(options_.max_configurations, options_.samples);
  context.expect_memory(
      "batch_bald",
      candidates * 2 * sizeof(ScoredRow) +
          detail::Joint::bytes(most, passes.rows()) +
          context.threads * detail::Joint::scratch_bytes(passes.shape()[2]));
  return JointSearch(pool, options_, context).pick(budget);
}

}  // namespace quarry
