#include "quarry/strategy/density/graph_density.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "quarry/core/error.hpp"
#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/exact_sum.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/read_rows.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry {
namespace {

struct Edge {
  std::size_t to = 0;
  double weight = 0.0;
};

/// Rows joined to their nearest ones; numbers of rows are places in `ground`.
class Graph {
 public:
  Graph(const PoolView& pool, std::span<const std::size_t> ground,
        std::size_t neighbours, double gamma)
      : pool_(pool),
        ground_(ground),
        neighbours_(std::min(neighbours, ground.size() - 1)),
        gamma_(gamma),
        rows_(detail::read_rows(pool.input(inputs::embeddings), ground)),
        edges_(ground.size()) {}
  static std::size_t bytes(std::size_t ground, std::size_t width,
                           std::size_t neighbours, std::size_t threads) {
    return ground * (width * sizeof(double) + sizeof(std::vector<Edge>) +
                     sizeof(std::size_t) + 2 * neighbours * sizeof(Edge) +
                     threads * sizeof(ScoredRow));
  }

  /// False when it was asked to stop.
  bool join(const SelectContext& context, detail::Ticker& ticker) {
    std::atomic<bool> whole = true;
    detail::parallel_blocks(ground_.size(), 64, context.threads,
                            [&](std::size_t first, std::size_t last) {
                              std::vector<ScoredRow> others;
                              for (std::size_t i = first; i < last; ++i) {
                                if (ticker.stop(0)) {
                                  whole = false;
                                  return;
                                }
                                join_nearest(i, PickOrder(context.ties),
                                             others);
                              }
                            });
    if (whole) make_symmetric();
    return whole;
  }

  std::span<const Edge> edges(std::size_t i) const { return edges_[i]; }
  double density(std::size_t i) const {
    detail::ExactSum sum;
    for (const Edge& edge : edges_[i]) sum.add(edge.weight);
    const auto count = static_cast<double>(edges_[i].size());
    return count == 0.0 ? 0.0 : sum.value() / count;
  }

 private:
  double distance(std::size_t i, std::size_t j) const {
    const auto a = detail::row_of(rows_, i);
    const auto b = detail::row_of(rows_, j);
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += std::abs(a[k] - b[k]);
    return sum;
  }

  void join_nearest(std::size_t i, PickOrder order,
                    std::vector<ScoredRow>& others) {
    others.clear();
    for (std::size_t j = 0; j < ground_.size(); ++j) {
      if (j != i) others.push_back({-distance(i, j), pool_.key(ground_[j]), j});
    }
    std::nth_element(others.begin(),
                     others.begin() + static_cast<std::ptrdiff_t>(neighbours_),
                     others.end(), order);
    edges_[i].reserve(neighbours_);
    for (std::size_t k = 0; k < neighbours_; ++k) {
      edges_[i].push_back(
          {others[k].index, std::exp(gamma_ * others[k].score)});
    }
  }

  void make_symmetric() {
    std::vector<std::size_t> others(edges_.size());
    for (const auto& edges : edges_) {
      for (const Edge& edge : edges) ++others[edge.to];
    }
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      edges_[i].reserve(edges_[i].size() + others[i]);
    }
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      const std::size_t mine = std::min(neighbours_, edges_[i].size());
      for (std::size_t k = 0; k < mine; ++k) {
        const Edge edge = edges_[i][k];
        edges_[edge.to].push_back({i, edge.weight});
      }
    }
    for (auto& edges : edges_) {
      std::sort(edges.begin(), edges.end(),
                [](const Edge& a, const Edge& b) { return a.to < b.to; });
      const auto same = [](const Edge& a, const Edge& b) {
        return a.to == b.to;
      };
      edges.erase(std::unique(edges.begin(), edges.end(), same), edges.end());
    }
  }

  const PoolView& pool_;
  std::span<const std::size_t> ground_;
  std::size_t neighbours_;
  double gamma_;
  RowMatrix<double> rows_;
  std::vector<std::vector<Edge>> edges_;
};

}  // namespace

void GraphDensityOptions::validate() const {
  detail::expect_at_least_one("n_neighbors", n_neighbors);
  if (gamma) {
    detail::expect_option(std::isfinite(*gamma) && *gamma >= 0.0, "gamma",
                          *gamma, "finite and at least 0");
  }
}

GraphDensity::GraphDensity(Options options) : options_(options) {
  options_.validate();
}

std::vector<RankedPick> GraphDensity::select(const PoolView& pool,
                                             std::size_t budget,
                                             SelectContext& context) const {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  const std::size_t width = pool.input(inputs::embeddings).cols();
  const std::size_t known = pool.candidates().size() + pool.labelled().size();
  context.expect_memory(
      "graph_density",
      Graph::bytes(known, width, std::min(options_.n_neighbors, known),
                   context.threads) +
          known * (2 * sizeof(std::size_t) + sizeof(double)));
  const std::vector<std::size_t> ground = ground_of(pool);
  Graph graph(pool, ground, options_.n_neighbors,
              options_.gamma.value_or(1.0 / static_cast<double>(width)));
  detail::Ticker ticker(context, budget);
  std::vector<RankedPick> picks;
  if (!graph.join(context, ticker)) {
    ticker.finish(0);
    return picks;
  }
  std::vector<double> density(ground.size());
  std::vector<std::size_t> left;  // places
  for (std::size_t i = 0; i < ground.size(); ++i) {
    density[i] = graph.density(i);
    if (std::binary_search(pool.candidates().begin(), pool.candidates().end(),
                           ground[i])) {
      left.push_back(i);
    }
  }
  const PickOrder order(context.ties);
  const auto scored = [&](std::size_t i) {
    return ScoredRow{density[i], pool.key(ground[i]), i};
  };
  while (picks.size() < budget && !ticker.stop(picks.size())) {
    const auto best = std::min_element(left.begin(), left.end(),
                                       [&](std::size_t a, std::size_t b) {
                                         return order(scored(a), scored(b));
                                       });
    const std::size_t place = *best;
    const double score = density[place];
    picks.push_back({ground[place], score});
    for (const Edge& edge : graph.edges(place)) density[edge.to] -= score;
    left.erase(best);
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry
