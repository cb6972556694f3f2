#include "strategy/kernels/not_below.hpp"

#include <cstddef>

#include "strategy/kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strategy/kernels/not_below.cpp"
// What is compiled for each target comes after the first.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace quarry::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE std::size_t find(const T* values, std::size_t count, T floor,
                            std::size_t* places) {
  constexpr hn::CappedTag<T, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto low = hn::Set(d, floor);
  std::size_t found = 0;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto below = hn::Lt(hn::LoadU(d, values + i), low);
    if (hn::AllTrue(d, below)) continue;
    for (std::size_t k = i; k < i + lanes; ++k) {
      if (!(values[k] < floor)) places[found++] = k;
    }
  }
  for (; i < count; ++i) {
    if (!(values[i] < floor)) places[found++] = i;
  }
  return found;
}

std::size_t find_floats(const float* values, std::size_t count, float floor,
                        std::size_t* places) {
  return find(values, count, floor, places);
}
std::size_t find_doubles(const double* values, std::size_t count, double floor,
                         std::size_t* places) {
  return find(values, count, floor, places);
}

}  // namespace
}  // namespace quarry::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quarry::kernels {
namespace {

HWY_EXPORT(find_floats);
HWY_EXPORT(find_doubles);

}  // namespace

std::size_t not_below(std::span<const float> values, float floor,
                      std::size_t* places) {
  return HWY_DYNAMIC_DISPATCH(find_floats)(values.data(), values.size(), floor,
                                           places);
}
std::size_t not_below(std::span<const double> values, double floor,
                      std::size_t* places) {
  return HWY_DYNAMIC_DISPATCH(find_doubles)(values.data(), values.size(), floor,
                                            places);
}

}  // namespace quarry::kernels
#endif  // HWY_ONCE
