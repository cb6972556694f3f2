#include "strategy/kernels/bounds.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strategy/kernels/bounds.cpp"
// What is compiled for each target comes after the first.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace quarry::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;

void squared_below(const float* products, const float* norms, std::size_t count,
                   float factor, float rest, float* out) {
  constexpr Floats d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + lanes <= count; j += lanes) {
    const auto sum = hn::MulAdd(hn::LoadU(d, norms + j), hn::Set(d, factor),
                                hn::Set(d, rest));
    const auto squared =
        hn::NegMulAdd(hn::Set(d, 2.0F), hn::LoadU(d, products + j), sum);
    hn::StoreU(hn::Max(hn::Zero(d), squared), d, out + j);
  }
  for (; j < count; ++j) {
    out[j] = std::max(0.0F, norms[j] * factor + rest - 2.0F * products[j]);
  }
}

void exp_above(float* values, std::size_t count, float scale) {
  constexpr Floats d;
  const std::size_t lanes = hn::Lanes(d);
  // The exponent is rounded twice, and the function is off by an ulp or two.
  const auto factor = hn::Set(d, -scale * (1.0F - 1e-6F));
  const auto up = hn::Set(d, 1.0F + 1e-6F);
  const auto least = hn::Set(d, std::numeric_limits<float>::min());
  const auto above = [&](float* at) HWY_ATTR {
    const auto x = hn::Mul(factor, hn::LoadU(d, at));
    hn::StoreU(hn::MulAdd(hn::Exp(d, x), up, least), d, at);
  };
  std::size_t j = 0;
  for (; j + lanes <= count; j += lanes) above(values + j);
  if (j == count) return;
  float rest[16] = {};
  std::copy(values + j, values + count, rest);
  above(rest);
  std::copy(rest, rest + (count - j), values + j);
}

SumAbove sum_above(const float* values, const float* floors,
                   const float* weights, std::size_t count) {
  constexpr Floats d;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t block = 1024;
  double sum = 0.0;
  std::size_t above = 0, j = 0;
  for (std::size_t first = 0; first + lanes <= count; first += block) {
    auto part = hn::Zero(d);
    const std::size_t end = std::min(count, first + block);
    for (; j + lanes <= end; j += lanes) {
      const auto more =
          hn::Sub(hn::LoadU(d, values + j), hn::LoadU(d, floors + j));
      const auto mask = hn::Gt(more, hn::Zero(d));
      const auto term =
          weights == nullptr ? more : hn::Mul(more, hn::LoadU(d, weights + j));
      above += hn::CountTrue(d, mask);
      part = hn::Add(part, hn::IfThenElseZero(mask, term));
    }
    sum += hn::GetLane(hn::SumOfLanes(d, part));
  }
  for (; j < count; ++j) {
    if (!(values[j] > floors[j])) continue;
    ++above;
    const double more = double{values[j]} - double{floors[j]};
    sum += more * (weights == nullptr ? 1.0 : double{weights[j]});
  }
  // A block is at most 256 terms a lane, of one rounding each, and its lanes.
  return {sum * (1.0 + 3e-5), above};
}

std::size_t take_above(const float* values, const float* floors,
                       std::size_t count, std::uint32_t* places, float* taken) {
  constexpr Floats d;
  constexpr hn::RebindToUnsigned<Floats> du;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t many = 0, j = 0;
  for (; j + lanes <= count; j += lanes) {
    const auto value = hn::LoadU(d, values + j);
    const auto mask = hn::Gt(value, hn::LoadU(d, floors + j));
    const auto at = hn::Iota(du, static_cast<std::uint32_t>(j));
    hn::CompressStore(at, hn::RebindMask(du, mask), du, places + many);
    many += hn::CompressStore(value, mask, d, taken + many);
  }
  for (; j < count; ++j) {
    if (!(values[j] > floors[j])) continue;
    places[many] = static_cast<std::uint32_t>(j);
    taken[many++] = values[j];
  }
  return many;
}

}  // namespace
}  // namespace quarry::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quarry::kernels {
namespace {

HWY_EXPORT(squared_below);
HWY_EXPORT(exp_above);
HWY_EXPORT(sum_above);
HWY_EXPORT(take_above);

}  // namespace

void squared_below(const Tile<float>& tile, std::size_t i, std::size_t width,
                   float* out) {
  const double error = squared_error(width);
  const double rest =
      tile.row_norms[i] * (1.0 - error) - squared_error_floor(width);
  HWY_DYNAMIC_DISPATCH(squared_below)
  (tile.products + i * tile.stride, tile.column_norms, tile.columns,
   static_cast<float>(1.0 - error), static_cast<float>(rest), out);
}
void exp_above(float* values, std::size_t count, float scale) {
  HWY_DYNAMIC_DISPATCH(exp_above)(values, count, scale);
}
SumAbove sum_above(const float* values, const float* floors,
                   const float* weights, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(sum_above)(values, floors, weights, count);
}
std::size_t take_above(const float* values, const float* floors,
                       std::size_t count, std::uint32_t* places, float* taken) {
  return HWY_DYNAMIC_DISPATCH(take_above)(values, floors, count, places, taken);
}

}  // namespace quarry::kernels
#endif  // HWY_ONCE
