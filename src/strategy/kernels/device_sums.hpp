#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_rows.hpp"
#include "strategy/kernels/distance_bounds.hpp"

namespace quarry::kernels {

/// What a device leaves to the processor.
struct Remainder {
  Flow flow = Flow::go_on;
  std::vector<std::size_t> rows = {};
};

/// Bounds on the distances of many rows to others, the centres, by a device,
/// for as long as it works. When it does not any more it is given up, and all
/// that is asked remains.
class DeviceSums {
 public:
  /// With a `split` above 0 rows stand for x' ⊗ x'', x' being their first so
  /// many numbers (`SelectDevice::least_outer`); norms and bounds are of these.
  DeviceSums(SelectDevice& device, FloatRows rows, DistanceBounds bounds,
             std::size_t threads, std::size_t split = 0);

  /// What a device has found of some rows: `least.rows` count from `first`.
  struct Part {
    std::size_t first;
    std::span<const float> norms;  // of these rows
    const SelectDevice::Least& least;
    std::span<const float> centre_norms;
  };
  /// From which distance on centres do not count for a row; −∞: it is done.
  using Limit = std::function<double(std::size_t row)>;
  /// Takes what was found; which of `least.rows` remain.
  using Take = std::function<std::vector<std::size_t>(const Part&)>;

  /// Shows `take` all rows that a centre may be nearer to than their limits,
  /// with their `kept` nearest by lower bounds. Rows remain beyond the range of
  /// float, too; all of them, when centres are. `go_on` is asked between parts.
  Remainder least(const FloatRows& centres, std::size_t kept,
                  const Limit& limit, const Take& take,
                  const std::function<Flow()>& go_on);
  /// out[j * N + i]: not above the distance of row i to centre j. Whether it is
  /// done.
  bool lower_bounds(const FloatRows& centres, std::span<float> out);

  const DistanceBounds& bounds() const noexcept { return bounds_; }
  std::size_t size() const noexcept { return rows_.size(); }
  bool given_up() const { return device_.given_up(); }

  /// What it allocates in memory for so many rows and centres.
  static std::size_t bytes(std::size_t rows, std::size_t centres,
                           std::size_t width);

 private:
  struct Centres;

  /// Runs `action` with the device; whether that did it.
  bool done(const std::function<void()>& action);
  /// Nothing when their products may leave float's range.
  std::optional<Centres> upload_centres(const FloatRows& centres);
  /// `least` of rows `[from, from + count)` of a block; those that remain,
  /// counted from `first` on.
  std::vector<std::size_t> least_of(const UploadedRows& block,
                                    std::size_t first, std::size_t from,
                                    std::size_t count, const Centres& centres,
                                    std::size_t kept, const Limit& limit,
                                    const Take& take);

  SelectDevice& device_;
  DeviceRows rows_;
  DistanceBounds bounds_;
  std::size_t threads_;
  std::size_t split_;
};

}  // namespace quarry::kernels
