#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// A score for each candidate by its embedding: `make()` gives a thread its own
/// `f(row, h)`. Nothing when it was asked to stop.
std::vector<double> score_rows(const PoolView& pool,
                               const SelectContext& context, const auto& make) {
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const auto candidates = pool.candidates();
  std::vector<double> scores(candidates.size());
  std::atomic<std::size_t> done = 0;
  Ticker ticker(context, candidates.size());
  parallel_blocks(candidates.size(), 64, context.threads,
                  [&](std::size_t first, std::size_t last) {
                    if (ticker.stop(done)) return;
                    auto score = make();
                    std::vector<double> h(embeddings.cols());
                    for (std::size_t i = first; i < last; ++i) {
                      embeddings.read_row(candidates[i], h);
                      scores[i] =
                          score(candidates[i], std::span<const double>(h));
                    }
                    done += last - first;
                  });
  ticker.finish(done);
  if (done < candidates.size()) scores.clear();
  return scores;
}

}  // namespace quarry::detail
