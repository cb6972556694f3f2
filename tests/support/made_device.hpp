#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/select_device.hpp"

namespace quarry::test {

/// A device in memory. Each product is off by as much as a device's may be, or
/// by `noise` times as much: drawn, half of the time all of it.
class MadeDevice : public SelectDevice {
 public:
  explicit MadeDevice(std::size_t memory = std::size_t{1} << 30,
                      double noise = 1.0)
      : memory_(memory), noise_(noise) {}

  std::string name() const override { return "made:0"; }
  std::size_t memory() const override { return memory_; }

  std::unique_ptr<Rows> upload(std::span<const float> values,
                               std::size_t width) override {
    work();
    ++uploads;
    held_ += values.size_bytes();
    most_held = std::max(most_held, held_);
    auto rows = std::make_unique<MadeRows>(held_);
    rows->values.assign(values.begin(), values.end());
    rows->width = width;
    if (gives_nothing) return nullptr;
    return rows;
  }

  Least least(const Sums& sums, std::span<const float> limits,
              std::size_t kept) override {
    return least_of(sums, 0, limits, kept);
  }

  Least least_outer(const Sums& sums, std::size_t split,
                    std::span<const float> limits, std::size_t kept) override {
    if (no_outer) return SelectDevice::least_outer(sums, split, limits, kept);
    return least_of(sums, split, limits, kept);
  }

  void all(const Sums& sums, std::span<float> out) override {
    work();
    for (std::size_t i = 0; i < sums.count; ++i) {
      const std::vector<float> s = of_row(sums, i);
      for (std::size_t j = 0; j < s.size(); ++j) out[j * sums.count + i] = s[j];
    }
  }

  /// How many calls it answers; then its memory is full.
  std::size_t calls_left = std::numeric_limits<std::size_t>::max();
  /// What it makes of its answers, and whether it takes rows in vain.
  std::function<void(Least&)> slip = {};
  bool gives_nothing = false;
  bool no_outer = false;  // no products of parts
  std::size_t uploads = 0;
  std::size_t refused = 0;    // calls
  std::size_t open = 0;       // rows below their limits
  std::size_t most_held = 0;  // bytes of rows at once
  std::size_t most_sums = 0;  // bytes of products at once

 private:
  struct MadeRows final : Rows {
    explicit MadeRows(std::size_t& all) : held(all) {}
    ~MadeRows() override { held -= values.size() * sizeof(float); }
    const float* row(std::size_t i) const { return values.data() + i * width; }
    std::size_t& held;
    std::vector<float> values;
    std::size_t width = 0;
  };

  void work() {
    if (calls_left == 0) {
      ++refused;
      raise("strategy.device", "its memory is full");
    }
    --calls_left;
  }

  Least least_of(const Sums& sums, std::size_t split,
                 std::span<const float> limits, std::size_t kept) {
    work();
    Least least;
    const std::size_t columns = sums.norms.size();
    most_sums = std::max(
        most_sums, (split == 0 ? 1 : 2) * sums.count * columns * sizeof(float));
    for (std::size_t i = 0; i < sums.count; ++i) {
      const std::vector<float> s = of_row(sums, i, split);
      std::vector<std::uint32_t> order(columns);
      std::iota(order.begin(), order.end(), 0U);
      std::sort(order.begin(), order.end(),
                [&](std::uint32_t a, std::uint32_t b) { return s[a] < s[b]; });
      if (!(s[order[0]] < limits[i])) continue;
      ++open;
      least.rows.push_back(static_cast<std::uint32_t>(i));
      for (std::size_t k = 0; k < std::min(kept, columns); ++k) {
        least.columns.push_back(order[k]);
        least.sums.push_back(s[order[k]]);
      }
    }
    if (slip && !least.rows.empty()) slip(least);
    return least;
  }

  std::vector<float> of_row(const Sums& sums, std::size_t i,
                            std::size_t split = 0) {
    const auto& left = static_cast<const MadeRows&>(sums.left);
    const auto& right = static_cast<const MadeRows&>(sums.right);
    const std::size_t width = left.width;
    std::vector<float> s;
    for (std::size_t j = 0; j < sums.norms.size(); ++j) {
      const float* const x = left.row(sums.first + i);
      const float* const y = right.row(j);
      float p = product(x + split, y + split, width - split);
      if (split != 0) p *= product(x, y, split);
      s.push_back(sums.norms[j] - 2 * p);
    }
    return s;
  }

  float product(const float* x, const float* y, std::size_t width) {
    const double gamma = static_cast<double>(width) * 0x1p-24;
    double product = 0.0, size = 0.0;
    for (std::size_t k = 0; k < width; ++k) {
      const double term = static_cast<double>(x[k]) * y[k];
      product += term;
      size += std::abs(term);
    }
    const double bound = noise_ * gamma / (1 - gamma) * size;
    const double part = random_.uniform() < 0.5
                            ? 2 * random_.uniform() - 1
                            : (random_.uniform() < 0.5 ? -1.0 : 1.0);
    const auto p = static_cast<float>(product + part * bound);
    return std::abs(p - product) > bound ? static_cast<float>(product) : p;
  }

  std::size_t memory_;
  double noise_;
  RandomStream random_{7};
  std::size_t held_ = 0;
};

}  // namespace quarry::test
