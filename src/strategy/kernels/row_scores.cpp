#include "strategy/kernels/row_scores.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numbers>

#include "quarry/strategy/detail/aligned_buffer.hpp"

#include "strategy/kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strategy/kernels/row_scores.cpp"
// What is compiled for each target comes after the first.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace quarry::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;

#if HWY_TARGET != HWY_SCALAR
/// out[c * stride + i] = rows[i * width + c] for four rows.
HWY_INLINE void turn_four(const float* HWY_RESTRICT rows, std::size_t width,
                          std::size_t stride, float* HWY_RESTRICT out) {
  constexpr hn::CappedTag<float, 4> d;
  const auto turn = [&](std::size_t c) HWY_ATTR {
    const float* const from = rows + c;
    const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + width);
    const auto r2 = hn::LoadU(d, from + 2 * width);
    const auto r3 = hn::LoadU(d, from + 3 * width);
    const auto low01 = hn::InterleaveLower(d, r0, r1);
    const auto low23 = hn::InterleaveLower(d, r2, r3);
    const auto high01 = hn::InterleaveUpper(d, r0, r1);
    const auto high23 = hn::InterleaveUpper(d, r2, r3);
    float* const to = out + c * stride;
    hn::StoreU(hn::ConcatLowerLower(d, low23, low01), d, to);
    hn::StoreU(hn::ConcatUpperUpper(d, low23, low01), d, to + stride);
    hn::StoreU(hn::ConcatLowerLower(d, high23, high01), d, to + 2 * stride);
    hn::StoreU(hn::ConcatUpperUpper(d, high23, high01), d, to + 3 * stride);
  };
  std::size_t c = 0;
  for (; c + 4 <= width; c += 4) turn(c);
  if (c == width) return;
  if (width >= 4) return turn(width - 4);  // some once more
  for (; c < width; ++c) {
    for (std::size_t i = 0; i < 4; ++i)
      out[c * stride + i] = rows[i * width + c];
  }
}
#endif

/// As many rows at a time as a vector has lanes, by columns:
/// `visit(first, count, columns)`, where row i is lane i of each column.
template <class F>
HWY_INLINE void for_each_group(const float* rows, std::size_t count,
                               std::size_t width, const F& visit) {
  const std::size_t lanes = hn::Lanes(Floats());
  detail::AlignedBuffer<float> columns(width * lanes);
  std::size_t first = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; first + lanes <= count; first += lanes) {
    for (std::size_t i = 0; i < lanes; i += 4) {
      turn_four(rows + (first + i) * width, width, lanes, columns.data() + i);
    }
    visit(first, lanes, columns.data());
  }
#endif
  for (; first < count; first += lanes) {
    const std::size_t some = std::min(lanes, count - first);
    std::fill_n(columns.data(), width * lanes, 0.0F);
    for (std::size_t i = 0; i < some; ++i) {
      for (std::size_t c = 0; c < width; ++c) {
        columns.data()[c * lanes + i] = rows[(first + i) * width + c];
      }
    }
    visit(first, some, columns.data());
  }
}

HWY_INLINE void store(hn::Vec<Floats> v, std::size_t count, float* out) {
  constexpr Floats d;
  if (count == hn::Lanes(d)) return hn::StoreU(v, d, out);
  HWY_ALIGN float all[16];
  hn::Store(v, d, all);
  std::copy_n(all, count, out);
}

/// −x log2 x or a little more: with x = 2^e m, x times what −e − log2 m is not
/// above. The polynomial is 1.2e-5 to 1.9e-4 less than log2 m for 1 ≤ m ≤ 2, of
/// which rounding takes less than 1e-5. For denormals, −e is too small by 22 at
/// most, for zero anything is right.
HWY_INLINE hn::Vec<Floats> entropy_term(hn::Vec<Floats> x,
                                        hn::Vec<Floats> sum) {
  constexpr Floats d;
  constexpr hn::RebindToSigned<Floats> integers;
  const auto bits = hn::BitCast(integers, x);
  const auto e = hn::ConvertTo(d, hn::ShiftRight<23>(bits));
  const auto m =
      hn::BitCast(d, hn::Or(hn::And(bits, hn::Set(integers, 0x007FFFFF)),
                            hn::Set(integers, 0x3F800000)));
  auto log = hn::Set(d, -0.0816158085F);
  log = hn::MulAdd(log, m, hn::Set(d, 0.645142364F));
  log = hn::MulAdd(log, m, hn::Set(d, -2.12067513F));
  log = hn::MulAdd(log, m, hn::Set(d, 4.07009079F));
  log = hn::MulAdd(log, m, hn::Set(d, -2.51295462F));
  const auto less = hn::Sub(hn::Sub(hn::Set(d, 127.0F), e), log);
  return hn::MulAdd(x, less, sum);
}

void entropy_above(const float* rows, std::size_t count, std::size_t width,
                   float factor, float rest, float* above) {
  constexpr Floats d;
  for_each_group(
      rows, count, width,
      [&](std::size_t first, std::size_t some, const float* columns) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (std::size_t c = 0; c < width; ++c) {
          sum = entropy_term(hn::Load(d, columns + c * hn::Lanes(d)), sum);
        }
        store(hn::MulAdd(sum, hn::Set(d, factor), hn::Set(d, rest)), some,
              above + first);
      });
}

void top_two(const float* rows, std::size_t count, std::size_t width,
             float* first, float* second) {
  constexpr Floats d;
  for_each_group(rows, count, width,
                 [&](std::size_t row, std::size_t some, const float* columns)
                     HWY_ATTR {
                       auto top = hn::Zero(d), next = hn::Zero(d);
                       for (std::size_t c = 0; c < width; ++c) {
                         const auto x = hn::Load(d, columns + c * hn::Lanes(d));
                         next = hn::Max(next, hn::Min(top, x));
                         top = hn::Max(top, x);
                       }
                       store(top, some, first + row);
                       store(next, some, second + row);
                     });
}

}  // namespace
}  // namespace quarry::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quarry::kernels {
namespace {

HWY_EXPORT(entropy_above);
HWY_EXPORT(top_two);

}  // namespace

void entropy_above(const float* rows, std::size_t count, std::size_t width,
                   float* above) {
  // A sum of C rounded terms, each of roundings of its own, is off by γ of the
  // sum of their sizes: of the sum, and of 0.01, since a term below 0 is one of
  // a number above 1.
  const double rounding =
      static_cast<double>(width + 16) * std::numeric_limits<float>::epsilon();
  if (rounding > 0.1) {
    std::fill_n(above, count, std::numeric_limits<float>::infinity());
    return;
  }
  const double factor = std::numbers::ln2 * (1.0 + 2.0 * rounding);
  HWY_DYNAMIC_DISPATCH(entropy_above)
  (rows, count, width, static_cast<float>(factor),
   static_cast<float>(1e-5 + 0.01 * rounding), above);
}
void top_two(const float* rows, std::size_t count, std::size_t width,
             float* first, float* second) {
  HWY_DYNAMIC_DISPATCH(top_two)(rows, count, width, first, second);
}

}  // namespace quarry::kernels
#endif  // HWY_ONCE
