#include "quarry/strategy/detail/uncovered_lists.hpp"

#include <algorithm>

#include "quarry/strategy/detail/parallel.hpp"

#include "strategy/kernels/bounds.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t entry_bytes = sizeof(std::uint32_t) + sizeof(float);

}  // namespace

std::size_t UncoveredLists::bytes(std::size_t rows) {
  return rows * (sizeof(List) + 1);
}

void UncoveredLists::allow(std::size_t bytes) {
  room_ += bytes;
  // Twice what is there for each.
  longest_ =
      2 * room_ / (entry_bytes * std::max<std::size_t>(lists_.size(), 1));
}

void UncoveredLists::offer(std::size_t place, std::span<const float> bounds,
                           std::span<const float> floors, std::size_t count) {
  if (count > longest_) return;
  const std::size_t size = (count + kernels::take_slack) * entry_bytes;
  std::size_t room = room_;
  do {
    if (room < size) {
      full_ = true;
      return;
    }
  } while (!room_.compare_exchange_weak(room, room - size));
  List& list = lists_[place];
  list.places.resize(count + kernels::take_slack);
  list.bounds.resize(count + kernels::take_slack);
  kernels::take_above(bounds.data(), floors.data(), bounds.size(),
                      list.places.data(), list.bounds.data());
  list.places.resize(count);
  list.bounds.resize(count);
  known_[place] = 1;
}

double UncoveredLists::shrink(std::size_t place, std::span<const float> floors,
                              std::span<const float> weights) {
  List& list = lists_[place];
  double sum = 0.0;
  std::size_t kept = 0;
  for (std::size_t k = 0; k < list.places.size(); ++k) {
    const std::uint32_t at = list.places[k];
    const float bound = list.bounds[k];
    const double more = double{bound} - double{floors[at]};
    sum +=
        more > 0.0 ? more * (weights.empty() ? 1.0 : double{weights[at]}) : 0.0;
    // Written in any case: whether it counts cannot be foreseen.
    list.places[kept] = at;
    list.bounds[kept] = bound;
    kept += more > 0.0 ? 1 : 0;
  }
  list.places.resize(kept);
  list.bounds.resize(kept);
  if (2 * kept < list.places.capacity()) {
    const std::size_t before = list.places.capacity();
    list.places.shrink_to_fit();
    list.bounds.shrink_to_fit();
    room_ += (before - list.places.capacity()) * entry_bytes;
  }
  return sum * (1.0 + 1e-9);
}

void UncoveredLists::make_room(std::span<const float> floors, std::size_t picks,
                               std::size_t threads) {
  if (!full_ || 4 * picks < 5 * shrunk_at_) return;
  full_ = false;
  shrunk_at_ = picks;
  parallel_blocks(lists_.size(), 256, threads,
                  [&](std::size_t first, std::size_t last) {
                    for (std::size_t i = first; i < last; ++i) {
                      if (has(i)) shrink(i, floors, {});
                    }
                  });
}

}  // namespace quarry::detail
