#include "net/latency.hpp"

#include <algorithm>
#include <cmath>

namespace quarry::detail {
namespace {

constexpr double shortest = 1e-4;
const double step = std::log(1.05);

}  // namespace

void Latency::add(double seconds) noexcept {
  const double bin = std::log(std::max(seconds, shortest) / shortest) / step;
  const auto last = static_cast<double>(bins_.size() - 1);
  ++bins_[static_cast<std::size_t>(std::clamp(bin, 0.0, last))];
  ++count_;
}

double Latency::quantile(double q) const noexcept {
  if (count_ == 0) return 0.0;
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  std::size_t bin = 0;
  for (; bin + 1 < bins_.size(); ++bin) {
    seen += bins_[bin];
    if (seen >= wanted) break;
  }
  return shortest * std::exp(step * (static_cast<double>(bin) + 0.5));
}

}  // namespace quarry::detail
