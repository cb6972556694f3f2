#include "quarry/strategy/submodular/sparse_facility_location.hpp"

#include <algorithm>
#include <limits>

#include "quarry/strategy/detail/exact_sum.hpp"
#include "quarry/strategy/detail/options.hpp"

namespace quarry {

/// Of each row of V those that are most like it, found as similarities come.
class SparseFacilityLocationFunction::Nearest {
 public:
  Nearest(const Similarity& similarity, std::size_t neighbours,
          const PoolView& pool, const SelectContext& context)
      : ground_(similarity.ground()),
        pool_(pool),
        order_(context.ties),
        count_(std::min(neighbours, ground_.size())),
        // What is not like a row at all represents nothing.
        edges_(ground_.size() * count_, Edge{0.0, none}) {
    // Others are read again for each: so many that this costs little.
    constexpr std::size_t at_once = 4096;
    for (std::size_t first = 0; first < ground_.size(); first += at_once) {
      if (context.stop.stop_requested()) return;
      const std::size_t rows = std::min(at_once, ground_.size() - first);
      similarity.visit(
          ground_.subspan(first, rows), context.threads,
          [&](std::size_t i, std::size_t at, std::span<const double> values) {
            for (std::size_t k = 0; k < values.size(); ++k) {
              offer(at + k, {values[k], static_cast<std::uint32_t>(first + i)});
            }
          });
    }
  }

  /// Those of the row at a place of V, nearest first.
  std::span<const Edge> of(std::size_t place) const {
    const auto all = std::span(edges_).subspan(place * count_, count_);
    const auto end = std::find_if(all.begin(), all.end(), [](const Edge& edge) {
      return edge.place == none;
    });
    return all.first(static_cast<std::size_t>(end - all.begin()));
  }

 private:
  static constexpr auto none = std::numeric_limits<std::uint32_t>::max();

  bool before(const Edge& a, const Edge& b) const {
    if (a.similarity != b.similarity) return a.similarity > b.similarity;
    if (a.place == none || b.place == none) return false;
    const auto row = [&](const Edge& edge) {
      const std::size_t index = ground_[edge.place];
      return ScoredRow{edge.similarity, pool_.key(index), index};
    };
    return order_(row(a), row(b));
  }

  void offer(std::size_t place, const Edge& edge) {
    Edge* const mine = edges_.data() + place * count_;
    std::size_t at = count_ - 1;
    if (edge.similarity < mine[at].similarity || !before(edge, mine[at]))
      return;
    for (; at > 0 && before(edge, mine[at - 1]); --at) mine[at] = mine[at - 1];
    mine[at] = edge;
  }

  std::span<const std::size_t> ground_;
  const PoolView& pool_;
  PickOrder order_;
  std::size_t count_;
  std::vector<Edge> edges_;  // [|V|, count_]
};

void SparseFacilityLocationFunction::Options::validate() const {
  detail::expect_at_least_one("neighbours", neighbours);
}

SparseFacilityLocationFunction::SparseFacilityLocationFunction(
    const Similarity& similarity, Options options, const PoolView& pool,
    const SelectContext& context)
    : similarity_(similarity), covered_(similarity.size()) {
  turn(Nearest(similarity, options.neighbours, pool, context));
}

/// From what is nearest to each row to what each row is nearest to.
void SparseFacilityLocationFunction::turn(const Nearest& nearest) {
  starts_.resize(covered_.size() + 1);
  for (std::size_t i = 0; i < covered_.size(); ++i) {
    for (const Edge& edge : nearest.of(i)) ++starts_[edge.place + 1];
  }
  for (std::size_t i = 0; i < covered_.size(); ++i)
    starts_[i + 1] += starts_[i];
  edges_.resize(starts_.back());
  std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
  for (std::size_t i = 0; i < covered_.size(); ++i) {
    for (const Edge& edge : nearest.of(i)) {
      edges_[next[edge.place]++] = {edge.similarity,
                                    static_cast<std::uint32_t>(i)};
    }
  }
}

std::size_t SparseFacilityLocationFunction::bytes(std::size_t ground,
                                                  std::size_t,
                                                  const Options& options) {
  const std::size_t edges = ground * std::min(options.neighbours, ground);
  return 2 * edges * sizeof(Edge) +
         ground * (sizeof(double) + 2 * sizeof(std::size_t));
}

double SparseFacilityLocationFunction::gain(std::size_t row) const {
  const std::size_t place = similarity_.place(row);
  detail::ExactSum sum;
  for (std::size_t k = starts_[place]; k < starts_[place + 1]; ++k) {
    const double before = covered_[edges_[k].place];
    if (!(edges_[k].similarity > before)) continue;
    sum.add(edges_[k].similarity);
    sum.add(-before);
  }
  return sum.value();
}

void SparseFacilityLocationFunction::add(std::size_t row) {
  const std::size_t place = similarity_.place(row);
  for (std::size_t k = starts_[place]; k < starts_[place + 1]; ++k) {
    double& covered = covered_[edges_[k].place];
    covered = std::max(covered, edges_[k].similarity);
  }
}

}  // namespace quarry
