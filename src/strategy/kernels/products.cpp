#include "strategy/kernels/products.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "strategy/kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "strategy/kernels/products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quarry::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Wide = hn::CappedTag<T, panel_rows<T>>;
template <class T>
using Quad = hn::CappedTag<T, quad_rows>;

// How many quads and vectors are multiplied at once: as many sums as there are
// registers, but for those of the operands.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t quads_at_once = 3;
#else
constexpr std::size_t quads_at_once = 1;
#endif
constexpr std::size_t vectors_at_once = 2;

/// f(0), …, f(count − 1) with constants, so that arrays become registers.
template <std::size_t count, class F>
HWY_INLINE void unrolled(F&& f) {
  [&]<std::size_t... i>(std::index_sequence<i...>) HWY_ATTR {
    (f(std::integral_constant<std::size_t, i>()), ...);
  }
  (std::make_index_sequence<count>());
}

template <std::size_t quads, class T>
HWY_INLINE void multiply_quads(const T* HWY_RESTRICT left,
                               const T* HWY_RESTRICT right, std::size_t depth,
                               T* HWY_RESTRICT out, std::size_t stride) {
  constexpr Wide<T> d;
  constexpr std::size_t rows = quads * quad_rows;
  hn::Vec<Wide<T>> sums[rows][vectors_at_once];
  unrolled<rows>([&](auto i) HWY_ATTR {
    unrolled<vectors_at_once>([&](auto v)
                                  HWY_ATTR { sums[i][v] = hn::Zero(d); });
  });
  for (std::size_t k = 0; k < depth; ++k) {
    const T* const column = right + k * panel_rows<T>;
    const auto y0 = hn::LoadU(d, column);
    const auto y1 = hn::LoadU(d, column + hn::Lanes(d));
    unrolled<rows>([&](auto i) HWY_ATTR {
      constexpr std::size_t q = i / quad_rows;
      const auto x =
          hn::Set(d, left[(q * depth + k) * quad_rows + i % quad_rows]);
      sums[i][0] = hn::MulAdd(x, y0, sums[i][0]);
      sums[i][1] = hn::MulAdd(x, y1, sums[i][1]);
    });
  }
  unrolled<rows>([&](auto i) HWY_ATTR {
    unrolled<vectors_at_once>([&](auto v) HWY_ATTR {
      hn::StoreU(sums[i][v], d, out + i * stride + v * hn::Lanes(d));
    });
  });
}

template <class T>
void multiply(const T* left, std::size_t quads, const T* right,
              std::size_t panels, std::size_t depth, T* out,
              std::size_t stride) {
  const std::size_t step = vectors_at_once * hn::Lanes(Wide<T>());
  for (std::size_t j = 0; j < panels * panel_rows<T>; j += step) {
    const T* const columns =
        right + j / panel_rows<T> * panel_rows<T> * depth + j % panel_rows<T>;
    for (std::size_t q = 0; q < quads; q += quads_at_once) {
      const T* const rows = left + q * quad_rows * depth;
      T* const to = out + q * quad_rows * stride + j;
      if (quads - q >= quads_at_once) {
        multiply_quads<quads_at_once>(rows, columns, depth, to, stride);
      } else if (quads - q == 2) {
        multiply_quads<std::min<std::size_t>(2, quads_at_once)>(
            rows, columns, depth, to, stride);
      } else {
        multiply_quads<1>(rows, columns, depth, to, stride);
      }
    }
  }
}

void multiply_some(const double* HWY_RESTRICT x, const double* const* rows,
                   std::size_t count, std::size_t depth,
                   double* HWY_RESTRICT out) {
  constexpr hn::CappedTag<double, 1> d;
  for (std::size_t first = 0; first < count; first += some_rows) {
    const double* y[some_rows];
    hn::Vec<decltype(d)> sums[some_rows];
    unrolled<some_rows>([&](auto j) HWY_ATTR {
      y[j] = rows[std::min<std::size_t>(first + j, count - 1)];
      sums[j] = hn::Zero(d);
    });
    for (std::size_t k = 0; k < depth; ++k) {
      const auto xk = hn::LoadU(d, x + k);
      unrolled<some_rows>([&](auto j) HWY_ATTR {
        sums[j] = hn::MulAdd(xk, hn::LoadU(d, y[j] + k), sums[j]);
      });
    }
    unrolled<some_rows>([&](auto j) HWY_ATTR {
      if (first + j < count) out[first + j] = hn::GetLane(sums[j]);
    });
  }
}

template <class T>
void pack_quad(const T* const* rows, std::size_t depth, T* out) {
  constexpr Quad<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t k = 0;
  for (; k + lanes <= depth; k += lanes) {
    hn::StoreInterleaved4(hn::LoadU(d, rows[0] + k), hn::LoadU(d, rows[1] + k),
                          hn::LoadU(d, rows[2] + k), hn::LoadU(d, rows[3] + k),
                          d, out + k * quad_rows);
  }
  for (; k < depth; ++k) {
    for (std::size_t i = 0; i < quad_rows; ++i) {
      out[k * quad_rows + i] = rows[i][k];
    }
  }
}

template <std::size_t quads, class T>
HWY_INLINE void norms_of(const T* HWY_RESTRICT rows, std::size_t depth,
                         T* HWY_RESTRICT norms) {
  constexpr Quad<T> d;
  const std::size_t parts = quad_rows / hn::Lanes(d);
  for (std::size_t part = 0; part < parts; ++part) {
    hn::Vec<Quad<T>> sums[quads];
    unrolled<quads>([&](auto q) HWY_ATTR { sums[q] = hn::Zero(d); });
    for (std::size_t k = 0; k < depth; ++k) {
      unrolled<quads>([&](auto q) HWY_ATTR {
        const auto x = hn::LoadU(
            d, rows + (q * depth + k) * quad_rows + part * hn::Lanes(d));
        sums[q] = hn::MulAdd(x, x, sums[q]);
      });
    }
    unrolled<quads>([&](auto q) HWY_ATTR {
      hn::StoreU(sums[q], d, norms + q * quad_rows + part * hn::Lanes(d));
    });
  }
}

template <class T>
void quad_norms(const T* quads, std::size_t count, std::size_t depth,
                T* norms) {
  // Many at once: each sum waits for its last term.
  constexpr std::size_t many = 8;
  std::size_t q = 0;
  for (; q + many <= count; q += many) {
    norms_of<many>(quads + q * quad_rows * depth, depth, norms + q * quad_rows);
  }
  for (; q < count; ++q) {
    norms_of<1>(quads + q * quad_rows * depth, depth, norms + q * quad_rows);
  }
}

// The table of targets wants functions that are no templates.
void multiply_f4(const float* left, std::size_t quads, const float* right,
                 std::size_t panels, std::size_t depth, float* out,
                 std::size_t stride) {
  multiply(left, quads, right, panels, depth, out, stride);
}
void multiply_f8(const double* left, std::size_t quads, const double* right,
                 std::size_t panels, std::size_t depth, double* out,
                 std::size_t stride) {
  multiply(left, quads, right, panels, depth, out, stride);
}
void pack_quad_f4(const float* const* rows, std::size_t depth, float* out) {
  pack_quad(rows, depth, out);
}
void pack_quad_f8(const double* const* rows, std::size_t depth, double* out) {
  pack_quad(rows, depth, out);
}
void quad_norms_f4(const float* quads, std::size_t count, std::size_t depth,
                   float* norms) {
  quad_norms(quads, count, depth, norms);
}
void quad_norms_f8(const double* quads, std::size_t count, std::size_t depth,
                   double* norms) {
  quad_norms(quads, count, depth, norms);
}

}  // namespace
}  // namespace quarry::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quarry::kernels {
namespace {

HWY_EXPORT(multiply_f4);
HWY_EXPORT(multiply_f8);
HWY_EXPORT(multiply_some);
HWY_EXPORT(pack_quad_f4);
HWY_EXPORT(pack_quad_f8);
HWY_EXPORT(quad_norms_f4);
HWY_EXPORT(quad_norms_f8);

}  // namespace

void multiply(const float* left, std::size_t quads, const float* right,
              std::size_t panels, std::size_t depth, float* out,
              std::size_t stride) {
  HWY_DYNAMIC_DISPATCH(multiply_f4)
  (left, quads, right, panels, depth, out, stride);
}
void multiply(const double* left, std::size_t quads, const double* right,
              std::size_t panels, std::size_t depth, double* out,
              std::size_t stride) {
  HWY_DYNAMIC_DISPATCH(multiply_f8)
  (left, quads, right, panels, depth, out, stride);
}
void multiply_some(const double* x, const double* const* rows,
                   std::size_t count, std::size_t depth, double* out) {
  HWY_DYNAMIC_DISPATCH(multiply_some)(x, rows, count, depth, out);
}
void pack_quad(const float* const* rows, std::size_t depth, float* out) {
  HWY_DYNAMIC_DISPATCH(pack_quad_f4)(rows, depth, out);
}
void pack_quad(const double* const* rows, std::size_t depth, double* out) {
  HWY_DYNAMIC_DISPATCH(pack_quad_f8)(rows, depth, out);
}
void quad_norms(const float* quads, std::size_t count, std::size_t depth,
                float* norms) {
  HWY_DYNAMIC_DISPATCH(quad_norms_f4)(quads, count, depth, norms);
}
void quad_norms(const double* quads, std::size_t count, std::size_t depth,
                double* norms) {
  HWY_DYNAMIC_DISPATCH(quad_norms_f8)(quads, count, depth, norms);
}

}  // namespace quarry::kernels
#endif  // HWY_ONCE
