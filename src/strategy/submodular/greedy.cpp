#include "quarry/strategy/submodular/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/ticker.hpp"

namespace quarry {
namespace {

/// What is known of a candidate's gain.
struct Known {
  ScoredRow gain;         // or a bound on it
  std::size_t since = 0;  // how many picks there were when it was computed
  bool exact = false;
};

// No gain is known: it may win.
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Whether a is picked after b.
struct Later {
  PickOrder order;
  bool operator()(const Known& a, const Known& b) const {
    return order(b.gain, a.gain);
  }
};

class Greedy {
 public:
  Greedy(const detail::GreedyFunction& function, const PoolView& pool,
         std::span<const std::size_t> candidates, std::size_t budget,
         SelectContext& context, const GreedyOptions& options)
      : function_(function),
        options_(options),
        order_(context.ties),
        random_(context.random.derive("greedy")),
        budget_(std::min(budget, candidates.size())),
        ticker_(context, budget_) {
    for (const std::size_t row : candidates) {
      known_.push_back({{.score = std::numeric_limits<double>::infinity(),
                         .key = pool.key(row),
                         .index = row},
                        never});
    }
    left_ = known_.size();
  }

  std::vector<RankedPick> pick() {
    while (picks_.size() < budget_ && !ticker_.stop(picks_.size())) {
      const std::size_t sample = sample_size();
      draw(sample);
      if (!bring_best_to_front(sample)) break;
      const ScoredRow best = known_.front().gain;
      picks_.push_back({best.index, best.score});
      if (picks_.size() < budget_) function_.add(best.index);
      drop_front();
    }
    ticker_.finish(picks_.size());
    return std::move(picks_);
  }

 private:
  bool draws() const {
    return options_.search == Search::stochastic ||
           options_.search == Search::lazier_than_lazy;
  }
  bool lazy() const {
    return function_.submodular &&
           (options_.search == Search::lazy ||
            options_.search == Search::lazier_than_lazy);
  }

  bool bounded() const { return static_cast<bool>(function_.bounds); }

  /// What is to be known of a candidate that may be the best.
  enum class Want { nothing, bound, gain };
  Want want(const Known& known) const {
    if (known.since == picks_.size()) {
      return known.exact ? Want::nothing : Want::gain;
    }
    return bounded() ? Want::bound : Want::gain;
  }

  std::size_t sample_size() const {
    if (!draws()) return left_;
    const double share =
        static_cast<double>(known_.size()) / static_cast<double>(budget_);
    const double wanted = std::ceil(share * std::log(1.0 / options_.epsilon));
    return std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, left_);
  }

  /// Brings `sample` random candidates to the front.
  void draw(std::size_t sample) {
    if (!draws()) return;
    for (std::size_t i = 0; i < sample; ++i) {
      std::swap(known_[i], known_[i + random_.below(left_ - i)]);
    }
  }

  /// Of the first `sample` candidates; false when it was asked to stop.
  bool bring_best_to_front(std::size_t sample) {
    const auto first = known_.begin();
    const auto end = first + static_cast<std::ptrdiff_t>(sample);
    const Later later{order_};
    if (!lazy()) {
      if (!compute(first, end, true)) return false;
      std::iter_swap(first, std::max_element(first, end, later));
      return true;
    }
    if (draws() || picks_.empty()) {
      const auto known = std::partition(
          first, end, [](const Known& a) { return a.since == never; });
      if (!compute(first, known, !bounded())) return false;
      std::make_heap(first, end, later);
    }
    // A heap, and behind it those that are computed now.
    std::ptrdiff_t bounds = 64, gains = bounded() ? 1 : 4;
    for (Want now = want(*first); now != Want::nothing; now = want(*first)) {
      std::ptrdiff_t& most = now == Want::bound ? bounds : gains;
      auto heap = end;
      while (heap != first && want(*first) == now && end - heap < most) {
        std::pop_heap(first, heap--, later);
      }
      if (!compute(heap, end, now == Want::gain)) return false;
      while (heap != end) std::push_heap(first, ++heap, later);
      most = std::min(2 * most, end - first);
    }
    return true;
  }

  /// The candidate in front is picked; what is left stays the heap it was.
  void drop_front() {
    if (lazy() && !draws()) {
      std::pop_heap(known_.begin(),
                    known_.begin() + static_cast<std::ptrdiff_t>(left_),
                    Later{order_});
    } else {
      std::swap(known_.front(), known_[left_ - 1]);
    }
    --left_;
  }

  /// Computes the gains of a range of `known_`, which keeps its order, or
  /// bounds on them.
  bool compute(std::vector<Known>::iterator first,
               std::vector<Known>::iterator last, bool exact) {
    constexpr auto most = static_cast<std::ptrdiff_t>(detail::greedy_batch);
    while (first != last) {
      if (ticker_.stop(picks_.size())) return false;
      const auto end = first + std::min(most, last - first);
      rows_.clear();
      for (auto it = first; it != end; ++it) rows_.push_back(it->gain.index);
      gains_.resize(rows_.size());
      (exact ? function_.gains : function_.bounds)(rows_, gains_);
      for (const double gain : gains_) {
        if (exact) expect_sound(first->gain.index, gain);
        // An earlier gain may be less than a bound on the one now.
        double& known = first->gain.score;
        known = exact ? gain : std::min(known, gain);
        first->since = picks_.size();
        first->exact = exact;
        ++first;
      }
    }
    return true;
  }

  static void expect_sound(std::size_t row, double gain) {
    if (gain < std::numeric_limits<double>::infinity()) return;
    raise("strategy.bad_score",
          "row " + std::to_string(row) + " was given the gain " +
              (gain > 0 ? "+inf" : "NaN") +
              "; a gain is a finite number or -inf",
          "this is a fault of the set function: see "
          "docs/reference/strategies/submodular.md");
  }

  const detail::GreedyFunction& function_;
  const GreedyOptions& options_;
  PickOrder order_;
  RandomStream random_;
  std::size_t budget_;
  detail::Ticker ticker_;
  std::vector<Known> known_;  // those not picked first
  std::size_t left_ = 0;
  std::vector<RankedPick> picks_;
  std::vector<std::size_t> rows_;
  std::vector<double> gains_;
};

}  // namespace

void GreedyOptions::validate() const {
  detail::expect_option(epsilon > 0.0 && epsilon < 1.0, "epsilon", epsilon,
                        "between 0 and 1");
}

std::size_t greedy_bytes(std::size_t candidates) {
  return candidates * (sizeof(Known) + sizeof(RankedPick));
}

std::vector<RankedPick> detail::pick_greedily(
    const GreedyFunction& function, const PoolView& pool,
    std::span<const std::size_t> candidates, std::size_t budget,
    SelectContext& context, const GreedyOptions& options) {
  options.validate();
  return Greedy(function, pool, candidates, budget, context, options).pick();
}

}  // namespace quarry
