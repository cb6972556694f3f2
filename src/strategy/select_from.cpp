#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/top_k.hpp"

#include "strategy/kernels/not_below.hpp"

namespace quarry {
namespace {

/// Rows of the pool as a block: views of the pool's arrays, and copies of what
/// does not lie in one piece.
class BlockInputs {
 public:
  BlockInputs(const PoolView& pool, const Needs& needs)
      : pool_(pool), needs_(needs) {}

  PredictionBlock rows(std::size_t first, std::size_t count) {
    inputs_.clear();
    for (const Need& need : needs_) {
      const ArrayView& whole = pool_.input(need.name);
      inputs_.push_back({need.name, !need.by_row ? whole
                                    : need.name == inputs::passes
                                        ? gather(whole, first, count)
                                        : whole.rows(first, count)});
    }
    return {.rows = count,
            .inputs = inputs_,
            .keys = pool_.keys().subspan(first, count)};
  }

 private:
  ArrayView gather(const ArrayView& passes, std::size_t first,
                   std::size_t count) {
    passes_.clear();
    for (std::size_t k = 0; k < passes.rows(); ++k) {
      const ArrayView part = passes.slab(k).rows(first, count);
      const auto* data = static_cast<const std::byte*>(part.data());
      passes_.insert(passes_.end(), data,
                     data + part.size() * size_of(part.dtype()));
    }
    const std::size_t shape[] = {passes.rows(), count, passes.shape()[2]};
    return {passes.dtype(), passes_.data(), shape};
  }

  const PoolView& pool_;
  const Needs& needs_;
  std::vector<NamedArray> inputs_;
  std::vector<std::byte> passes_;
};

void expect_inputs(const PoolView& pool, const Needs& needs, bool by_row) {
  for (const Need& need : needs) {
    if (pool.has(need.instead)) continue;
    const ArrayView& array = pool.input(need.name);
    const bool covered = !need.by_row || need.name == inputs::passes ||
                         array.rows() == pool.rows();
    if (by_row && !covered) {
      raise("strategy.input_shape",
            "the strategy scores rows, but its input '" +
                std::string(need.name) + "' is " + array.describe() +
                " and the pool has " + std::to_string(pool.rows()) + " rows");
    }
  }
}

// Rows that are scored at once, so that their scores stay in the cache.
constexpr std::size_t part_rows = 1024;

/// What a thread needs to rank rows.
struct Ranking {
  TopK top;
  std::vector<double> scores = std::vector<double>(part_rows);
  std::vector<std::size_t> alive = std::vector<std::size_t>(part_rows);
};

/// One `Ranking` for each thread that asks at the same time.
class Rankings {
 public:
  Rankings(std::size_t k, PickOrder order) : k_(k), order_(order) {}

  Ranking take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return {TopK(k_, order_)};
    Ranking ranking = std::move(idle_.back());
    idle_.pop_back();
    return ranking;
  }
  void give_back(Ranking&& ranking) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(ranking));
  }
  std::vector<RankedPick> sorted() {
    TopK all(k_, order_);
    for (Ranking& ranking : idle_) all.merge(std::move(ranking.top));
    return all.sorted();
  }

 private:
  std::size_t k_;
  PickOrder order_;
  std::mutex mutex_;
  std::vector<Ranking> idle_;
};

/// Where the run of consecutive rows ends that begins there.
std::size_t run_end(std::span<const std::size_t> rows, std::size_t begin,
                    std::size_t last) {
  if (rows[last - 1] - rows[begin] == last - 1 - begin) return last;
  std::size_t end = begin + 1;
  while (end < last && rows[end] == rows[end - 1] + 1) ++end;
  return end;
}

/// Scores `count` rows from `row` on, all of them candidates.
void rank_part(const AnyStrategy& strategy, BlockInputs& inputs,
               const PoolView& pool, std::size_t row, std::size_t count,
               Ranking& ranking) {
  TopK& top = ranking.top;
  const double floor = top.floor();
  const std::span scores = std::span(ranking.scores).first(count);
  strategy.score_above(inputs.rows(row, count), floor, scores);
  // Most are too low. The keys of the others lie far apart: they are read one
  // right after the other, so that none waits for the one before.
  const std::size_t alive =
      kernels::not_below(scores, floor, ranking.alive.data());
  for (const std::size_t i : std::span(ranking.alive).first(alive)) {
    top.push({scores[i], pool.key(row + i), row + i});
  }
}

RankedPicks stream(const AnyStrategy& strategy, const PoolView& pool,
                   std::size_t budget, SelectContext& context) {
  constexpr std::size_t block = 4096;
  const Needs needs = strategy.needs();
  const auto candidates = pool.candidates();
  Rankings rankings(budget, PickOrder(context.ties));
  detail::Ticker ticker(context, candidates.size());
  std::atomic<std::size_t> done = 0;

  const auto body = [&](std::size_t first, std::size_t last) {
    if (ticker.stop(done)) return;
    BlockInputs inputs(pool, needs);
    Ranking ranking = rankings.take();
    // Only candidates are seen, so a part ends where one is left out.
    for (std::size_t begin = first; begin < last;) {
      const std::size_t end =
          run_end(candidates, begin, std::min(begin + part_rows, last));
      rank_part(strategy, inputs, pool, candidates[begin], end - begin,
                ranking);
      begin = end;
    }
    rankings.give_back(std::move(ranking));
    done += last - first;
  };
  detail::parallel_blocks(candidates.size(), block, context.threads, body);
  ticker.finish(done);
  return {.picks = rankings.sorted(), .complete = done == candidates.size()};
}

/// Hears whether the hook of a context asks to stop, as long as it lives.
class Listener {
 public:
  explicit Listener(SelectContext& context)
      : context_(context), hook_(std::move(context.progress)) {
    context.progress = [this](const Progress& progress) {
      const Flow asked = hook_ ? hook_(progress) : Flow::go_on;
      if (asked == Flow::stop) stop_ = true;
      return asked;
    };
  }
  ~Listener() { context_.progress = std::move(hook_); }
  Listener(const Listener&) = delete;

  bool asked_to_stop() const { return stop_ || context_.stop.stop_requested(); }

 private:
  SelectContext& context_;
  ProgressHook hook_;
  std::atomic<bool> stop_ = false;
};

void expect_lawful(const std::vector<RankedPick>& picks, const PoolView& pool,
                   std::size_t budget) {
  const char* const hint =
      "this is a fault of the strategy: see docs/concepts/strategy.md";
  if (picks.size() > budget) {
    raise("strategy.bad_pick",
          "the strategy gave " + std::to_string(picks.size()) +
              " picks for a budget of " + std::to_string(budget),
          hint);
  }
  const auto candidates = pool.candidates();
  std::vector<std::size_t> rows;
  rows.reserve(picks.size());
  for (const RankedPick& pick : picks) {
    rows.push_back(pick.index);
    if (!std::binary_search(candidates.begin(), candidates.end(), pick.index)) {
      raise("strategy.bad_pick",
            "the strategy picked row " + std::to_string(pick.index) +
                ", which is no candidate",
            hint);
    }
  }
  std::sort(rows.begin(), rows.end());
  const auto twice = std::adjacent_find(rows.begin(), rows.end());
  if (twice != rows.end()) {
    raise("strategy.bad_pick",
          "the strategy picked row " + std::to_string(*twice) + " twice", hint);
  }
}

}  // namespace

RankedPicks select_from(const AnyStrategy& strategy, const PoolView& pool,
                        std::size_t budget, SelectContext& context) {
  const bool pointwise = strategy.kind() == AnyStrategy::Kind::pointwise;
  expect_inputs(pool, strategy.needs(), pointwise);
  if (pointwise) return stream(strategy, pool, budget, context);
  const Listener listener(context);
  RankedPicks chosen{.picks = strategy.select(pool, budget, context)};
  expect_lawful(chosen.picks, pool, budget);
  const std::size_t due = std::min(budget, pool.candidates().size());
  chosen.complete = chosen.size() == due || !listener.asked_to_stop();
  return chosen;
}

}  // namespace quarry
