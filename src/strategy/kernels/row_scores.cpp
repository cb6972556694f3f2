#include "strategy/kernels/row_scores.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
using Column =
    hn::Vec<Floats>;  // one number of as many rows as there are lanes

#if HWY_TARGET == HWY_SCALAR
/// Gives `fold` the numbers of one row.
template <class Fold>
HWY_INLINE void fold_columns(const float* rows, std::size_t /*stride*/,
                             std::size_t width, Fold& fold) {
  for (std::size_t c = 0; c < width; ++c) fold.take(hn::Set(Floats(), rows[c]));
}
#else
/// Four numbers from each of `from`, `from + 4 * stride`, …
template <class D>
HWY_INLINE hn::Vec<D> load_fours(D d, const float* from, std::size_t stride) {
  if constexpr (hn::MaxLanes(d) <= 4) {
    return hn::LoadU(d, from);
  } else {
    constexpr hn::Half<D> half;
    return hn::Combine(
        d, load_fours(half, from + hn::MaxLanes(half) * stride, stride),
        load_fours(half, from, stride));
  }
}

struct Columns {
  Column at[4];
};

/// The first four columns of as many rows as there are lanes.
HWY_INLINE Columns turn_four(const float* rows, std::size_t stride) {
  constexpr Floats d;
  constexpr hn::Repartition<std::uint64_t, Floats> pairs;
  const Column r0 = load_fours(d, rows, stride);
  const Column r1 = load_fours(d, rows + stride, stride);
  const Column r2 = load_fours(d, rows + 2 * stride, stride);
  const Column r3 = load_fours(d, rows + 3 * stride, stride);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, r0, r1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, r2, r3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, r0, r1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, r2, r3));
  return {{hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)),
           hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)),
           hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)),
           hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23))}};
}

/// Gives `fold` the first `width` columns of as many rows as there are lanes.
/// Expects rows of at least four numbers, `stride` apart.
template <class Fold>
HWY_INLINE void fold_columns(const float* rows, std::size_t stride,
                             std::size_t width, Fold& fold) {
  std::size_t c = 0;
  for (; c + 4 <= width; c += 4) {
    for (const Column column : turn_four(rows + c, stride).at)
      fold.take(column);
  }
  if (c == width) return;
  const std::size_t first = std::min(c, stride - 4);
  const Columns last = turn_four(rows + first, stride);
  for (std::size_t k = c - first; k < width - first; ++k) fold.take(last.at[k]);
}
#endif

/// Folds the columns of as many rows at a time as a vector has lanes:
/// `done(fold, first, count)`.
template <class Fold, class Done>
HWY_INLINE void fold_rows(const float* rows, std::size_t count,
                          std::size_t width, const Done& done) {
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t first = 0;
  for (; width >= 4 && first + lanes <= count; first += lanes) {
    Fold fold = Fold::none();
    fold_columns(rows + first * width, width, width, fold);
    done(fold, first, lanes);
  }
  if (first == count) return;
  // The last rows, and rows of fewer than four numbers, with room behind them.
  const std::size_t stride = std::max<std::size_t>(width, 4);
  detail::AlignedBuffer<float> padded(stride * lanes);
  std::fill_n(padded.data(), stride * lanes, 0.0F);
  for (; first < count; first += lanes) {
    const std::size_t some = std::min(lanes, count - first);
    for (std::size_t i = 0; i < some; ++i) {
      const float* const row = rows + (first + i) * width;
      for (std::size_t c = 0; c < width; ++c)
        padded.data()[i * stride + c] = row[c];
    }
    Fold fold = Fold::none();
    fold_columns(padded.data(), stride, width, fold);
    done(fold, first, some);
  }
}

HWY_INLINE void store(Column v, std::size_t count, float* out) {
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
HWY_INLINE Column entropy_term(Column x, Column sum) {
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

struct EntropySum {
  Column bits;
  HWY_INLINE static EntropySum none() { return {hn::Zero(Floats())}; }
  HWY_INLINE void take(Column x) { bits = entropy_term(x, bits); }
};

void entropy_above(const float* rows, std::size_t count, std::size_t width,
                   float factor, float rest, float* above) {
  constexpr Floats d;
  fold_rows<EntropySum>(
      rows, count, width,
      [&](const EntropySum& sum, std::size_t first, std::size_t some) HWY_ATTR {
        store(hn::MulAdd(sum.bits, hn::Set(d, factor), hn::Set(d, rest)), some,
              above + first);
      });
}

struct TopTwo {
  Column first, second;
  HWY_INLINE static TopTwo none() {
    return {hn::Zero(Floats()), hn::Zero(Floats())};
  }
  HWY_INLINE void take(Column x) {
    second = hn::Max(second, hn::Min(first, x));
    first = hn::Max(first, x);
  }
};

void top_two(const float* rows, std::size_t count, std::size_t width,
             float* first, float* second) {
  fold_rows<TopTwo>(rows, count, width,
                    [&](const TopTwo& top, std::size_t row, std::size_t some)
                        HWY_ATTR {
                          store(top.first, some, first + row);
                          store(top.second, some, second + row);
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
