#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

namespace quarry::kernels {

/// Rows as a device takes them.
struct FloatRows {
  std::size_t size;
  std::size_t width;
  /// Reads a row, from any thread, and gives its squared norm.
  std::function<float(std::size_t row, std::span<float> out)> read;
};

/// Rows of a set, rounded to float.
FloatRows floats_of(const RowSet& rows);

/// Rows in a device's memory, and their squared norms here.
struct UploadedRows {
  std::vector<float> squared_norms;
  std::unique_ptr<SelectDevice::Rows> rows;
};

/// Takes `count` of them there, through as many floats in memory.
UploadedRows upload(SelectDevice& device, const FloatRows& rows,
                    std::size_t first, std::size_t count, std::size_t threads);

/// How a device's memory is shared out: half to rows that stay, an eighth each
/// to the rows on the right, to a block of rows that goes through, to products,
/// and to what is made of these.
///
/// Rows in a block: of 32 MiB at most.
std::size_t rows_a_block(const SelectDevice& device, std::size_t width);
/// The most of them on any device.
std::size_t most_rows_a_block(std::size_t width);
/// Rows that are multiplied with so many at once: for 256 MiB of products.
std::size_t rows_at_once(const SelectDevice& device, std::size_t columns);
inline constexpr std::size_t most_at_once = std::size_t{1} << 17;
/// Raises `strategy.device` where these are too many for the right.
void expect_room(const SelectDevice& device, const FloatRows& rows);

/// Rows that are shown to a device again and again, in blocks. The first stay
/// there, as many as have room; the others are taken there each time.
class DeviceRows {
 public:
  DeviceRows(SelectDevice& device, FloatRows rows, std::size_t threads);

  std::size_t size() const noexcept { return rows_.size; }
  std::size_t width() const noexcept { return rows_.width; }

  /// `visit(first, block)`, `first` being which row the block begins with, for
  /// one block after the other until it says `Flow::stop`. Raises
  /// `strategy.device`.
  Flow for_each_block(
      const std::function<Flow(std::size_t, const UploadedRows&)>& visit);

  /// Leaves the device's memory.
  void leave() { held_.clear(); }

  /// What it allocates in memory.
  static std::size_t bytes(std::size_t rows, std::size_t width);

 private:
  SelectDevice& device_;
  FloatRows rows_;
  std::size_t threads_;
  std::size_t at_once_;             // rows in a block
  std::size_t most_held_;           // blocks
  std::vector<UploadedRows> held_;  // the first blocks
};

}  // namespace quarry::kernels
