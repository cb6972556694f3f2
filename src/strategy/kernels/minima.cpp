#include "strategy/kernels/minima.hpp"

#include <cstddef>
#include <limits>

#include "strategy/kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strategy/kernels/minima.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quarry::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

void row_minima(const float* products, std::size_t rows, std::size_t stride,
                const float* norms, std::size_t columns, float* minima) {
  constexpr hn::CappedTag<float, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto two = hn::Set(d, 2.0F);
  for (std::size_t i = 0; i < rows; ++i) {
    const float* const row = products + i * stride;
    auto a = hn::Set(d, std::numeric_limits<float>::infinity());
    auto b = a;
    for (std::size_t j = 0; j < columns; j += 2 * lanes) {
      const auto next = j + lanes;
      a = hn::Min(a, hn::NegMulAdd(two, hn::LoadU(d, row + j),
                                   hn::LoadU(d, norms + j)));
      b = hn::Min(b, hn::NegMulAdd(two, hn::LoadU(d, row + next),
                                   hn::LoadU(d, norms + next)));
    }
    minima[i] = hn::GetLane(hn::MinOfLanes(d, hn::Min(a, b)));
  }
}

}  // namespace
}  // namespace quarry::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quarry::kernels {
namespace {

HWY_EXPORT(row_minima);

}  // namespace

void row_minima(const float* products, std::size_t rows, std::size_t stride,
                const float* norms, std::size_t columns, float* minima) {
  HWY_DYNAMIC_DISPATCH(row_minima)
  (products, rows, stride, norms, columns, minima);
}

}  // namespace quarry::kernels
#endif  // HWY_ONCE
