#include "strategy/kernels/device_rows.hpp"

#include <algorithm>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/parallel.hpp"

namespace quarry::kernels {
namespace {

constexpr std::size_t most_rows_bytes = std::size_t{32} << 20;
constexpr std::size_t most_products_bytes = std::size_t{256} << 20;

/// How many things of `size` floats a share of the device's memory holds: at
/// least one.
std::size_t fitting(const SelectDevice& device, std::size_t most,
                    std::size_t size) {
  const std::size_t bytes = std::min(device.memory() / 8, most);
  const std::size_t each = std::max<std::size_t>(size, 1) * sizeof(float);
  return std::max<std::size_t>(bytes / each, 1);
}

}  // namespace

FloatRows floats_of(const RowSet& rows) {
  return {rows.size(), rows.width(),
          [rows](std::size_t row, std::span<float> out) {
            rows.read(row, out);
            double square = 0.0;
            for (const float x : out) square += double{x} * double{x};
            return static_cast<float>(square);
          }};
}

UploadedRows upload(SelectDevice& device, const FloatRows& rows,
                    std::size_t first, std::size_t count, std::size_t threads) {
  UploadedRows uploaded{std::vector<float>(count), nullptr};
  std::vector<float> values(count * rows.width);
  detail::parallel_blocks(
      count, 256, detail::threads_worth(threads, values.size()),
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          uploaded.squared_norms[i] = rows.read(
              first + i, std::span(values.data() + i * rows.width, rows.width));
        }
      });
  uploaded.rows = device.upload(values, rows.width);
  if (uploaded.rows == nullptr) {
    raise("strategy.device", "it took rows and gave nothing for them",
          "mend its SelectDevice::upload");
  }
  return uploaded;
}

std::size_t rows_a_block(const SelectDevice& device, std::size_t width) {
  return fitting(device, most_rows_bytes, width);
}

std::size_t most_rows_a_block(std::size_t width) {
  return std::max<std::size_t>(most_rows_bytes / (width * sizeof(float)), 1);
}

std::size_t rows_at_once(const SelectDevice& device, std::size_t columns) {
  return std::min(fitting(device, most_products_bytes, columns), most_at_once);
}

void expect_room(const SelectDevice& device, const FloatRows& rows) {
  const std::size_t bytes = rows.size * rows.width * sizeof(float);
  if (bytes <= device.memory() / 8) return;
  raise("strategy.device",
        "an eighth of the memory it may take, " +
            std::to_string(device.memory()) + " bytes, does not hold " +
            std::to_string(rows.size) + " centres of " +
            std::to_string(rows.width) + " numbers",
        "allow it more of its memory");
}

DeviceRows::DeviceRows(SelectDevice& device, FloatRows rows,
                       std::size_t threads)
    : device_(device),
      rows_(std::move(rows)),
      threads_(threads),
      at_once_(rows_a_block(device, rows_.width)),
      most_held_(device.memory() / 2 /
                 (at_once_ * rows_.width * sizeof(float))) {}

Flow DeviceRows::for_each_block(
    const std::function<Flow(std::size_t, const UploadedRows&)>& visit) {
  for (std::size_t b = 0; b * at_once_ < rows_.size; ++b) {
    const std::size_t first = b * at_once_;
    const auto read = [&] {
      return upload(device_, rows_, first,
                    std::min(at_once_, rows_.size - first), threads_);
    };
    if (b == held_.size() && b < most_held_) held_.push_back(read());
    const Flow flow =
        b < held_.size() ? visit(first, held_[b]) : visit(first, read());
    if (flow == Flow::stop) return flow;
  }
  return Flow::go_on;
}

std::size_t DeviceRows::bytes(std::size_t rows, std::size_t width) {
  return rows * sizeof(float) +
         std::min(rows * width * sizeof(float), most_rows_bytes);
}

}  // namespace quarry::kernels
