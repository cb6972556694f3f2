#include "quarry/strategy/diversity/typiclust.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/kernels/neighbours.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/similarity.hpp"

#include "strategy/given_clusters.hpp"

namespace quarry {
namespace detail {
namespace {

// Neighbours that are kept besides those that count, for picks that leave.
constexpr std::size_t spare = 16;

/// The candidates of a cluster that are not picked yet.
class Cluster {
 public:
  Cluster(std::size_t number, std::vector<std::size_t> rows, std::size_t size)
      : number_(number), rows_(std::move(rows)), size_(size) {}

  bool used_up() const { return rows_.empty(); }
  std::size_t size() const { return size_; }  // with labelled rows
  /// Whether this one is visited first.
  bool before(const Cluster& other) const {
    const std::size_t mine = size_ - count_,
                      others = other.size_ - other.count_;
    if (mine != others) return mine < others;
    if (size_ != other.size_) return size_ > other.size_;
    return number_ < other.number_;
  }

  /// Takes the most typical row. A device may take `room` bytes of memory.
  RankedPick take(const TypiClustOptions& options, const PoolView& pool,
                  const SelectContext& context, std::size_t room) {
    if (gone_ == spare || near_.empty()) look(options, pool, context, room);
    const std::size_t k = std::min(options.neighbours, rows_.size() / 2);
    const PickOrder order(context.ties);
    ScoredRow best{};
    std::size_t place = looked_.size();
    for (std::size_t i = 0; i < looked_.size(); ++i) {
      if (!there_[i]) continue;
      const ScoredRow mine{
          1.0 / (mean_distance(i, k, options) + options.epsilon),
          pool.key(looked_[i]), looked_[i]};
      if (place == looked_.size() || order(mine, best)) {
        best = mine;
        place = i;
      }
    }
    there_[place] = false;
    ++gone_;
    std::erase(rows_, best.index);
    return {best.index, best.score};
  }

 private:
  /// Finds the neighbours of all rows that are left.
  void look(const TypiClustOptions& options, const PoolView& pool,
            const SelectContext& context, std::size_t room) {
    looked_ = rows_;
    there_.assign(rows_.size(), true);
    gone_ = 0;
    kept_ = std::min(options.neighbours + spare, rows_.size() - 1);
    const kernels::RowSet set(pool.input(inputs::embeddings), looked_);
    const bool fits = kernels::neighbour_device_bytes(
                          looked_.size(), set.width(), kept_) <= room;
    near_ =
        kernels::nearest_neighbours(set.normalised(), kept_, context.threads,
                                    fits ? context.device.get() : nullptr);
  }

  double mean_distance(std::size_t i, std::size_t k,
                       const TypiClustOptions& options) const {
    double sum = 0.0;
    std::size_t found = 0;
    for (std::size_t n = 0; n < kept_ && found < k; ++n) {
      const kernels::Neighbour& near = near_[i * kept_ + n];
      if (!there_[near.index]) continue;
      sum += options.distance == TypiClustOptions::Distance::euclidean
                 ? std::sqrt(near.squared)
                 : near.squared;
      ++found;
    }
    return found == 0 ? 0.0 : sum / static_cast<double>(found);
  }

  std::size_t number_;
  std::vector<std::size_t> rows_;
  std::size_t size_;
  std::size_t count_ = rows_.size();
  // Since neighbours were found: their rows, which of them are left, how many
  // are not.
  std::vector<std::size_t> looked_;
  std::vector<bool> there_;
  std::size_t gone_ = 0;
  std::size_t kept_ = 0;
  std::vector<kernels::Neighbour> near_;  // [looked_, kept_]
};

/// In the order of visits: large ones, then small ones. Each row of `rows` is a
/// candidate or labelled.
std::vector<Cluster> in_order_of_visits(const PoolView& pool,
                                        std::span<const std::size_t> rows,
                                        std::span<const std::int64_t> numbers) {
  std::map<std::int64_t, std::pair<std::vector<std::size_t>, std::size_t>>
      members;
  const auto labelled = pool.labelled();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& [free, size] = members[numbers[i]];
    ++size;
    if (!std::binary_search(labelled.begin(), labelled.end(), rows[i])) {
      free.push_back(rows[i]);
    }
  }
  std::vector<Cluster> clusters;
  for (auto& [number, member] : members) {
    clusters.emplace_back(clusters.size(), std::move(member.first),
                          member.second);
  }
  std::sort(clusters.begin(), clusters.end(),
            [](const Cluster& a, const Cluster& b) { return a.before(b); });
  return clusters;
}

}  // namespace

std::vector<RankedPick> pick_typical(
    const TypiClustOptions& options, const PoolView& pool, std::size_t budget,
    SelectContext& context,
    const std::function<std::size_t(std::size_t rows, std::size_t k,
                                    std::size_t width)>& bytes,
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster) {
  const auto candidates = pool.candidates();
  budget = std::min(budget, candidates.size());
  if (budget == 0) return {};
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const std::size_t count = candidates.size() + pool.labelled().size();
  const std::size_t k =
      std::min({pool.labelled().size() + budget, options.max_clusters, count});
  const std::size_t needed =
      count * 4 * sizeof(std::size_t) +
      candidates.size() * sizeof(kernels::Neighbour) *
          std::min(candidates.size(), options.neighbours + spare) +
      kernels::neighbour_bytes(candidates.size(), embeddings.cols(),
                               context.threads) +
      (pool.has(inputs::clusters) ? count * sizeof(std::int64_t)
                                  : bytes(count, k, embeddings.cols()));
  context.expect_memory("typiclust", needed);
  Ticker ticker(context, budget);
  const std::function<Flow()> go_on = [&] {
    return ticker.stop(0) ? Flow::stop : Flow::go_on;
  };
  const std::vector<std::size_t> rows = ground_of(pool);
  std::optional<std::vector<std::int64_t>> numbers;
  if (go_on() == Flow::go_on) {
    const kernels::RowSet set = kernels::RowSet(embeddings, rows).normalised();
    numbers = clusters_of(rows,
                          {.rows = set,
                           .weights = {},
                           .k = k,
                           .pool = pool,
                           .context = context,
                           .go_on = go_on,
                           .room = context.memory_limit - needed},
                          cluster);
  }
  std::vector<RankedPick> picks;
  if (numbers) {
    std::vector<Cluster> clusters = in_order_of_visits(pool, rows, *numbers);
    bool stopped = false;
    for (const bool large : {true, false}) {
      bool any = true;
      while (any && picks.size() < budget && !stopped) {
        any = false;
        for (Cluster& one : clusters) {
          if (one.used_up() || picks.size() == budget) continue;
          if ((one.size() > options.min_cluster_size) != large) continue;
          stopped = stopped || ticker.stop(picks.size());
          if (stopped) break;
          picks.push_back(
              one.take(options, pool, context, context.memory_limit - needed));
          any = true;
        }
      }
    }
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace detail

void TypiClustOptions::validate() const {
  detail::expect_at_least_one("neighbours", neighbours);
  detail::expect_at_least_one("max_clusters", max_clusters);
  detail::expect_option(epsilon > 0.0 && std::isfinite(epsilon), "epsilon",
                        epsilon, "finite and above 0");
}

}  // namespace quarry
