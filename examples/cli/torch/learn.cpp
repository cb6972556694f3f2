#include "learn.hpp"

#include <algorithm>

#include <oneapi/tbb/info.h>

namespace quarry::cli {

double accuracy_of(TorchNet& net, const Decoded& samples) {
  constexpr std::size_t batch = 128;
  const std::size_t size = samples.spec.bytes();
  std::size_t right = 0;
  for (std::size_t first = 0; first < samples.rows.size(); first += batch) {
    const std::size_t count = std::min(batch, samples.rows.size() - first);
    const Predictions predictions =
        net.infer({std::span(samples.bytes).subspan(first * size, count * size),
                   count, samples.spec});
    for (std::size_t i = 0; i < count; ++i) {
      Eigen::Index best = 0;
      predictions.probabilities.row(static_cast<Eigen::Index>(i))
          .maxCoeff(&best);
      if (best == samples.labels[first + i]) ++right;
    }
  }
  return samples.rows.empty() ? 0.0
                              : static_cast<double>(right) /
                                    static_cast<double>(samples.rows.size());
}

std::size_t thread_count(std::size_t wanted) {
  return wanted != 0
             ? wanted
             : static_cast<std::size_t>(tbb::info::default_concurrency());
}

}  // namespace quarry::cli
