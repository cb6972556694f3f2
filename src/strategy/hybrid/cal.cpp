#include "quarry/strategy/hybrid/cal.hpp"

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/read_rows.hpp"
#include "quarry/strategy/divergence.hpp"

namespace quarry {

void CalOptions::validate() const {
  detail::expect_at_least_one("k", k);
}

namespace detail {

Labelled::Labelled(const PoolView& pool)
    : embeddings_(read_rows(pool.input(inputs::embeddings), pool.labelled())),
      probabilities_(
          read_rows(pool.input(inputs::probabilities), pool.labelled())) {}

std::span<const double> Labelled::embedding(std::size_t i) const {
  return row_of(embeddings_, i);
}

double Labelled::contrast(std::span<const ScoredRow> near,
                          std::span<const double> p) const {
  double sum = 0.0;
  for (const ScoredRow& row : near) {
    sum += kl_divergence(row_of(probabilities_, row.index), p);
  }
  return near.empty() ? 0.0 : sum / static_cast<double>(near.size());
}

void expect_memory_for_cal(const PoolView& pool, std::size_t budget,
                           const SelectContext& context) {
  const std::size_t width = pool.input(inputs::embeddings).cols() +
                            pool.input(inputs::probabilities).cols();
  context.expect_memory(
      "cal",
      pool.candidates().size() * sizeof(double) +
          budget * (2 * sizeof(ScoredRow) + sizeof(RankedPick)) +
          pool.labelled().size() *
              (width * sizeof(double) + context.threads * sizeof(ScoredRow)));
}

}  // namespace detail
}  // namespace quarry
