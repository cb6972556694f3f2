#include "quarry/strategy/kernels/farthest_first.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/kernels/nearest.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/needs.hpp"

#include "strategy/infinity.hpp"

namespace quarry::kernels {
namespace {

// Below every distance, and it stays so.
constexpr double taken = -1.0;

constexpr std::size_t least_block = 32;
constexpr std::size_t first_block = 256;

/// The largest block: its own distances must cost little beside those of the
/// pool.
std::size_t largest_block(std::size_t candidates) {
  return std::clamp<std::size_t>(candidates / 32, least_block, 2048);
}

RowSet rows_of(const ArrayView& embeddings, std::span<const std::size_t> rows,
               Compared how) {
  const RowSet set(embeddings, rows);
  return how == Compared::by_direction ? set.directions() : set;
}

class Traversal {
 public:
  Traversal(const PoolView& pool, std::size_t budget,
            const SelectContext& context, Compared how, SelectDevice* device)
      : pool_(pool),
        budget_(budget),
        context_(context),
        order_(context.ties),
        how_(how),
        device_(device),
        embeddings_(pool.input(inputs::embeddings)),
        nearest_(rows_of(embeddings_, pool.candidates(), how), context.threads,
                 /*room=*/0, device),
        squared_(pool.candidates().size(), detail::infinity),
        places_(pool.candidates().size()),
        ticker_(context, budget) {
    for (std::size_t i = 0; i < places_.size(); ++i) places_[i] = i;
  }

  std::vector<RankedPick> pick() {
    const std::size_t largest = largest_block(places_.size());
    std::size_t block = std::min(first_block, largest);
    Flow flow = cover(pool_.labelled());
    while (flow == Flow::go_on && picks_.size() < budget_) {
      const std::size_t before = picks_.size();
      flow = pick_from_block(std::min(block, 2 * (budget_ - before)));
      const std::size_t made = picks_.size() - before;
      if (flow == Flow::stop || picks_.size() == budget_) break;
      std::vector<std::size_t> rows;
      for (std::size_t i = before; i < picks_.size(); ++i) {
        rows.push_back(picks_[i].index);
      }
      flow = cover(rows);
      if (made > block / 2) block = std::min(2 * block, largest);
      if (made < block / 8) block = std::max(block / 2, least_block);
    }
    ticker_.finish(picks_.size());
    return std::move(picks_);
  }

 private:
  ScoredRow scored(std::size_t place) const {
    // Candidates ascend, so places order as rows do.
    return {squared_[place], pool_.key(pool_.candidates()[place]), place};
  }

  Flow look() { return ticker_.stop(picks_.size()) ? Flow::stop : Flow::go_on; }

  double distance(double squared) const {
    if (squared == detail::infinity) return std::nan("");
    return how_ == Compared::by_direction ? squared / 2 : std::sqrt(squared);
  }

  /// Brings all distances up to date with more centres.
  Flow cover(std::span<const std::size_t> centres) {
    Flow flow = look();
    constexpr std::size_t at_once = 2048;
    for (std::size_t i = 0; i < centres.size() && flow == Flow::go_on;
         i += at_once) {
      const auto some =
          centres.subspan(i, std::min(at_once, centres.size() - i));
      flow = nearest_.update(rows_of(embeddings_, some, how_), squared_, {}, 0,
                             [this] { return look(); });
    }
    return flow;
  }

  /// Makes the picks that the `count` farthest candidates decide by themselves:
  /// at least one.
  Flow pick_from_block(std::size_t count) {
    const auto farther = [this](std::size_t a, std::size_t b) {
      return order_(scored(a), scored(b));
    };
    std::erase_if(places_,
                  [this](std::size_t i) { return squared_[i] == taken; });
    count = std::min(count, places_.size());
    const auto end = places_.begin() + static_cast<std::ptrdiff_t>(count);
    ScoredRow next{.score = taken};  // the farthest outside, if any is
    if (end != places_.end()) {
      std::nth_element(places_.begin(), end, places_.end(), farther);
      next = scored(*end);
    }
    std::vector<std::size_t> rows;
    for (auto place = places_.begin(); place != end; ++place) {
      rows.push_back(pool_.candidates()[*place]);
    }
    const RowSet block = rows_of(embeddings_, rows, how_);
    std::vector<float> bounds(count * count);
    Nearest(block, context_.threads, /*room=*/0, device_)
        .lower_bounds(block, bounds);
    SquaredDistance exact(block, block);
    for (std::size_t pick = farthest_of(count);; pick = farthest_of(count)) {
      const std::size_t place = places_[pick];
      const ScoredRow best = scored(place);
      if (best.score == taken || !(next.score == taken || order_(best, next))) {
        return Flow::go_on;
      }
      picks_.push_back({rows[pick], distance(best.score)});
      squared_[place] = taken;
      if (picks_.size() == budget_) return Flow::go_on;
      if (look() == Flow::stop) return Flow::stop;
      const float* const bound = bounds.data() + pick * count;
      for (std::size_t i = 0; i < count; ++i) {
        double& squared = squared_[places_[i]];
        if (squared > 0.0 && bound[i] < squared) {
          squared = std::min(squared, exact(pick, i));
        }
      }
    }
  }

  /// The farthest of the first `count` places.
  std::size_t farthest_of(std::size_t count) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < count; ++i) {
      const double mine = squared_[places_[i]];
      const double most = squared_[places_[best]];
      if (mine > most ||
          (mine == most && order_(scored(places_[i]), scored(places_[best])))) {
        best = i;
      }
    }
    return best;
  }

  const PoolView& pool_;
  std::size_t budget_;
  const SelectContext& context_;
  PickOrder order_;
  Compared how_;
  SelectDevice* device_;
  const ArrayView& embeddings_;
  Nearest nearest_;
  std::vector<double> squared_;      // [candidates], to the nearest centre
  std::vector<std::size_t> places_;  // of candidates that are not taken
  std::vector<RankedPick> picks_;
  detail::Ticker ticker_;
};

std::size_t width_of(const PoolView& pool, Compared how) {
  return rows_of(pool.input(inputs::embeddings), {}, how).width();
}

/// The most candidates that are picked from at once.
std::size_t most_in_block(const PoolView& pool, std::size_t budget) {
  const std::size_t candidates = pool.candidates().size();
  return std::min(candidates, std::min(largest_block(candidates), 2 * budget));
}

std::size_t most_centres(const PoolView& pool, std::size_t budget) {
  return std::min<std::size_t>(
      std::max(most_in_block(pool, budget), pool.labelled().size()), 2048);
}

}  // namespace

std::size_t farthest_first_bytes(const PoolView& pool, std::size_t budget,
                                 const SelectContext& context, Compared how) {
  const std::size_t candidates = pool.candidates().size();
  const std::size_t block = most_in_block(pool, budget);
  return candidates * (sizeof(double) + sizeof(std::size_t)) +
         block * block * sizeof(float) +
         Nearest::bytes(most_centres(pool, budget), width_of(pool, how),
                        context.threads);
}

std::vector<RankedPick> farthest_first(const PoolView& pool, std::size_t budget,
                                       SelectContext& context,
                                       std::string_view who, Compared how) {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  const std::size_t bytes = farthest_first_bytes(pool, budget, context, how);
  context.expect_memory(who, bytes);
  SelectDevice* const device =
      Nearest::device_within(context.memory_limit - bytes, context.device.get(),
                             pool.candidates().size(),
                             most_centres(pool, budget), width_of(pool, how));
  return Traversal(pool, budget, context, how, device).pick();
}

}  // namespace quarry::kernels
