#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_sums.hpp"
#include "strategy/kernels/distance_bounds.hpp"

namespace quarry::kernels {

/// Numbers of some rows, side by side, which go back to their rows in the end;
/// none of none.
template <class T>
class Gathered {
 public:
  Gathered(std::span<T> all, std::span<const std::size_t> rows)
      : all_(all), rows_(all.empty() ? rows.first(0) : rows) {
    for (const std::size_t row : rows_) some_.push_back(all_[row]);
  }
  Gathered(const Gathered&) = delete;
  Gathered& operator=(const Gathered&) = delete;
  ~Gathered() {
    for (std::size_t i = 0; i < rows_.size(); ++i) all_[rows_[i]] = some_[i];
  }

  std::span<T> some() { return some_; }

 private:
  std::span<T> all_;
  std::span<const std::size_t> rows_;
  std::vector<T> some_;
};

/// What `Nearest` does, by the products of a device. From these each row has
/// bounds on its distances to the few nearest centres; where no other can be
/// the nearest, it is found among these in double, as `Nearest` finds it. Rows
/// of which more is open, and all that the device did not do, remain.
class DeviceNearest {
 public:
  /// The rows, and the same about the origin of products.
  DeviceNearest(SelectDevice& device, const RowSet& rows, const RowSet& moved,
                std::size_t threads);

  /// Whether bounds are good for anything with rows of so many numbers.
  static bool serves(std::size_t width);

  /// `moved` are the centres about the origin of products.
  Remainder update(const RowSet& centres, const RowSet& moved,
                   std::span<double> squared, std::span<std::uint32_t> which,
                   std::size_t first, const std::function<Flow()>& go_on);
  Remainder assign(const RowSet& centres, const RowSet& moved,
                   std::span<std::uint32_t> which,
                   const std::function<Flow()>& go_on);
  /// Whether it is done.
  bool lower_bounds(const RowSet& moved, std::span<float> out);

 private:
  static constexpr std::size_t most = 4;  // centres a row

  /// The centres that may be nearest to a row.
  struct Near {
    std::array<Candidate, most> candidates;  // in the order of centres
    std::size_t count;
    double limit;   // not below the distance to the nearest
    double others;  // not above that of those that are not among them

    std::span<const Candidate> first() const {
      return std::span(candidates).first(count);
    }
  };
  /// Decides a row, or says that it cannot.
  using Decide =
      std::function<bool(std::size_t row, const Near&, SquaredDistance&)>;

  Near near(const DeviceSums::Part& part, std::size_t found) const;
  /// Decides what was found of some rows; those that remain.
  std::vector<std::size_t> decide_all(const DeviceSums::Part& part,
                                      const RowSet& centres,
                                      const Decide& decide) const;

  RowSet rows_;
  std::size_t threads_;
  DeviceSums sums_;
};

}  // namespace quarry::kernels
