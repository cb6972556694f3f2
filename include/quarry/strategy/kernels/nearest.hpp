#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

namespace quarry::kernels {

class DeviceNearest;

/// Which centres are nearest to rows, and how far: exactly what comparing all
/// of them by `SquaredDistance` would say, at the speed of products in float.
///
/// Those leave out every centre that their error bound (`squared_error`) shows
/// to be no nearer than the best known; what they leave open, mostly one centre
/// a row, is decided in double. So neither rounding, nor the instruction set,
/// nor the number of threads changes a bit. When the rows are far from the
/// origin and close to each other, products are taken about their mean.
///
/// With a `SelectDevice` products are its. Each row has bounds from them on its
/// distances to the four nearest centres; rows of which more is open, and all
/// that it does not do, are the processor's. What is found is the same.
class Nearest {
 public:
  /// `threads` is how many may be used. Rows that are not floats as they lie
  /// (`normalised` ones, say), for products of which they have to be, are read
  /// again by every update, unless a copy of them takes no more than `room`
  /// bytes, nor 256 MiB. The device has to outlive this; null: the processor.
  explicit Nearest(RowSet rows, std::size_t threads = 1, std::size_t room = 0,
                   SelectDevice* device = nullptr);

  /// Brings `squared` `[N]`, the squared distance of each row to the nearest
  /// centre so far (+∞ before any), up to date with the rows of `centres`, and
  /// `which` `[N]` or empty, its number: `first` plus the row of `centres`. Of
  /// equally near centres the first keeps its place. A row whose distance is
  /// ≤ 0 stays as it is.
  ///
  /// `go_on` is asked now and then, from any thread; when it says `Flow::stop`
  /// the update is left unfinished, and the answer is `Flow::stop`.
  ///
  /// O(N M D); memory: `bytes`.
  Flow update(
      const RowSet& centres, std::span<double> squared,
      std::span<std::uint32_t> which = {}, std::size_t first = 0,
      const std::function<Flow()>& go_on = [] { return Flow::go_on; }) const;

  /// Sets `which` `[N]` to the row of `centres` that is nearest, the first of
  /// equally near ones. Distances are computed in double where bounds leave
  /// more than one. Otherwise as `update`.
  Flow assign(const RowSet& centres, std::span<std::uint32_t> which,
              const std::function<Flow()>& go_on) const;
  /// Brings `which`, as `assign` left it, up to date where only the centres
  /// `changed` (ascending) have changed since: what it would be after `assign`.
  /// O(N m D + n M D) for m such centres, nearest to n of the rows.
  Flow reassign(const RowSet& centres, std::span<const std::size_t> changed,
                std::span<std::uint32_t> which,
                const std::function<Flow()>& go_on) const;

  /// `out[j * N + i]`: a number that ‖x_i − y_j‖² of row i and centre j is not
  /// below, and hardly above. Expects room for M × N.
  void lower_bounds(const RowSet& centres, std::span<float> out) const;

  const RowSet& rows() const noexcept { return rows_; }
  /// What `update` allocates for so many centres of such rows.
  static std::size_t bytes(std::size_t centres, std::size_t width,
                           std::size_t threads);
  /// What it allocates besides for so many rows on a device.
  static std::size_t device_bytes(std::size_t rows, std::size_t centres,
                                  std::size_t width);
  /// The device, where that is no more than `room`; else null.
  static SelectDevice* device_within(std::size_t room, SelectDevice* device,
                                     std::size_t rows, std::size_t centres,
                                     std::size_t width);

 private:
  /// The processor's, of some of the rows.
  Nearest of(std::span<const std::size_t> places) const;
  RowSet about_origin(const RowSet& rows) const;
  Flow assign_some(std::span<const std::size_t> rows, const RowSet& centres,
                   std::span<const std::size_t> columns, bool against_own,
                   std::span<std::uint32_t> which,
                   const std::function<Flow()>& go_on) const;

  RowSet rows_;
  std::size_t threads_;
  std::vector<double> origin_;                      // of products; empty: zeros
  RowSet moved_;                                    // the rows about it
  std::shared_ptr<const std::vector<float>> kept_;  // what they may be of
  std::shared_ptr<DeviceNearest> device_;           // null: the processor
};

}  // namespace quarry::kernels
