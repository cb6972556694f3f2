#include "strategy/kernels/device_sums.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"

namespace quarry::kernels {
namespace {

constexpr float least_float = -std::numeric_limits<float>::infinity();
constexpr std::size_t most_sums = std::size_t{1} << 23;  // in memory, at once

bool all_in_range(std::span<const float> norms) {
  return std::all_of(norms.begin(), norms.end(), in_range);
}

/// Raises `strategy.device` where it is no answer of rows with these limits and
/// of so many columns.
void expect_answer(const SelectDevice::Least& least,
                   std::span<const float> limits, std::size_t columns,
                   std::size_t kept) {
  const std::size_t rows = limits.size();
  const auto expect = [&](bool holds, const char* what) {
    if (holds) return;
    raise("strategy.device",
          "what it says of " + std::to_string(rows) + " rows and " +
              std::to_string(columns) + " others is no answer: " + what,
          "mend its SelectDevice::least");
  };
  const std::size_t k = std::min(kept, columns);
  std::int64_t before = -1;
  for (const std::uint32_t row : least.rows) {
    expect(row > before && row < rows, "its rows do not ascend, or are others");
    before = row;
  }
  expect(least.columns.size() == least.rows.size() * k &&
             least.sums.size() == least.columns.size(),
         "its numbers are not so many of each row as were asked for");
  for (std::size_t i = 0; i < least.columns.size(); ++i) {
    expect(least.columns[i] < columns, "there is no such column");
    expect(i % k == 0 ? least.sums[i] == least.sums[i]
                      : least.sums[i] >= least.sums[i - 1],
           "sums of a row do not ascend");
  }
  for (std::size_t r = 0; r < least.rows.size(); ++r) {
    expect(least.sums[r * k] < limits[least.rows[r]],
           "there is a row that was not asked for");
  }
}

}  // namespace

struct DeviceSums::Centres {
  UploadedRows uploaded;
  std::vector<float> lowered;  // their squared norms
};

DeviceSums::DeviceSums(SelectDevice& device, FloatRows rows,
                       DistanceBounds bounds, std::size_t threads,
                       std::size_t split)
    : device_(device),
      rows_(device, std::move(rows), threads),
      bounds_(bounds),
      threads_(threads),
      split_(split) {}

bool DeviceSums::done(const std::function<void()>& action) {
  if (!device_.given_up()) {
    try {
      action();
      return true;
    } catch (const Error& error) {
      if (error.id() != "strategy.device") throw;
      device_.give_up("the processor selects in place of " + device_.name() +
                      ": " + error.failure().message);
    }
  }
  rows_.leave();
  return false;
}

std::optional<DeviceSums::Centres> DeviceSums::upload_centres(
    const FloatRows& centres) {
  expect_room(device_, centres);
  Centres there{upload(device_, centres, 0, centres.size, threads_), {}};
  for (const float norm : there.uploaded.squared_norms) {
    there.lowered.push_back(bounds_.lowered(norm));
  }
  if (!all_in_range(there.uploaded.squared_norms)) return std::nullopt;
  return there;
}

std::vector<std::size_t> DeviceSums::least_of(
    const UploadedRows& block, std::size_t first, std::size_t from,
    std::size_t count, const Centres& centres, std::size_t kept,
    const Limit& limit, const Take& take) {
  const auto norms = std::span(block.squared_norms).subspan(from, count);
  std::vector<std::size_t> beyond;
  std::vector<float> limits(count, least_float);
  for (std::size_t i = 0; i < count; ++i) {
    const double squared = limit(first + i);
    if (squared == least_float) continue;
    if (in_range(norms[i])) {
      limits[i] = bounds_.greatest(norms[i], squared);
    } else {
      beyond.push_back(first + i);
    }
  }
  const SelectDevice::Sums sums{*block.rows, from, count,
                                *centres.uploaded.rows, centres.lowered};
  const SelectDevice::Least least =
      split_ == 0 ? device_.least(sums, limits, kept)
                  : device_.least_outer(sums, split_, limits, kept);
  expect_answer(least, limits, centres.lowered.size(), kept);
  std::vector<std::size_t> remain =
      take({first, norms, least, centres.uploaded.squared_norms});
  remain.insert(remain.end(), beyond.begin(), beyond.end());
  return remain;
}

Remainder DeviceSums::least(const FloatRows& centres, std::size_t kept,
                            const Limit& limit, const Take& take,
                            const std::function<Flow()>& go_on) {
  Remainder remainder;
  if (centres.size == 0) return remainder;
  std::size_t next = 0;  // the first row that the device has not done
  const std::size_t at_once =
      rows_at_once(device_, (split_ == 0 ? 1 : 2) * centres.size);
  done([&] {
    const std::optional<Centres> there = upload_centres(centres);
    if (!there) return;
    remainder.flow =
        rows_.for_each_block([&](std::size_t first, const UploadedRows& block) {
          const std::size_t rows = block.squared_norms.size();
          for (std::size_t from = 0; from < rows; from += at_once) {
            const std::size_t count = std::min(at_once, rows - from);
            const std::vector<std::size_t> remain = least_of(
                block, first + from, from, count, *there, kept, limit, take);
            remainder.rows.insert(remainder.rows.end(), remain.begin(),
                                  remain.end());
            next = first + from + count;
            if (go_on() == Flow::stop) return Flow::stop;
          }
          return Flow::go_on;
        });
  });
  if (remainder.flow == Flow::stop) return remainder;
  for (; next < size(); ++next) remainder.rows.push_back(next);
  return remainder;
}

bool DeviceSums::lower_bounds(const FloatRows& centres, std::span<float> out) {
  const std::size_t columns = centres.size;
  if (columns == 0) return true;
  const std::size_t at_once =
      std::min(rows_at_once(device_, columns),
               std::max<std::size_t>(most_sums / columns, 1));
  std::vector<float> sums;
  Flow flow = Flow::stop;
  const auto look = [&](const Centres& there, std::size_t first,
                        const UploadedRows& block) {
    const std::span<const float> norms(block.squared_norms);
    if (!all_in_range(norms)) return Flow::stop;
    for (std::size_t from = 0; from < norms.size(); from += at_once) {
      const std::size_t count = std::min(at_once, norms.size() - from);
      sums.resize(count * columns);
      device_.all(
          {*block.rows, from, count, *there.uploaded.rows, there.lowered},
          sums);
      for (std::size_t j = 0; j < columns; ++j) {
        const float* const s = sums.data() + j * count;
        float* const to = out.data() + j * size() + first + from;
        for (std::size_t i = 0; i < count; ++i) {
          const double lower = bounds_.lower(norms[from + i], s[i]);
          to[i] = std::nextafter(static_cast<float>(lower), least_float);
        }
      }
    }
    return Flow::go_on;
  };
  const bool worked = done([&] {
    const std::optional<Centres> there = upload_centres(centres);
    if (!there) return;
    flow =
        rows_.for_each_block([&](std::size_t first, const UploadedRows& block) {
          return look(*there, first, block);
        });
  });
  return worked && flow == Flow::go_on;
}

std::size_t DeviceSums::bytes(std::size_t rows, std::size_t centres,
                              std::size_t width) {
  // Of each row: a limit and what was found.
  constexpr std::size_t a_row = 12 * sizeof(float) + sizeof(std::size_t);
  // And of each that is left to the processor: lists of it, and its result.
  constexpr std::size_t a_row_left =
      4 * sizeof(std::size_t) + sizeof(double) + sizeof(std::uint32_t);
  return DeviceRows::bytes(rows, width) + rows * a_row_left +
         centres * (width + 2) * sizeof(float) +
         std::min(rows, most_at_once) * a_row +
         std::min(rows * centres, most_sums) * sizeof(float);
}

}  // namespace quarry::kernels
