#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "quarry/strategy/detail/aligned_buffer.hpp"
#include "quarry/strategy/kernels/row_set.hpp"

#include "strategy/kernels/products.hpp"

namespace quarry::kernels {

/// A few rows laid out to stand on the left of products, and their norms.
template <class T>
class Quads {
 public:
  /// Room for `rows` rows, a multiple of 4, of `width` numbers.
  Quads(std::size_t rows, std::size_t width)
      : width_(width),
        packed_(rows * width),
        norms_(rows),
        read_(quad_rows * width) {}

  static std::size_t bytes(std::size_t rows, std::size_t width) {
    return ((rows + quad_rows) * width + rows) * sizeof(T);
  }

  /// Takes rows `[first, first + count)`, and zeros for the rest.
  void fill(const RowSet& rows, std::size_t first, std::size_t count) {
    const std::size_t quads = norms_.size() / quad_rows;
    for (std::size_t q = 0; q < quads; ++q) {
      T* const to = packed_.data() + q * quad_rows * width_;
      std::array<const T*, quad_rows> four{};
      for (std::size_t i = 0; i < quad_rows; ++i) {
        const std::size_t place = q * quad_rows + i;
        const bool there = place < count;
        four[i] = there ? rows.in_place<T>(first + place) : nullptr;
        if (four[i] != nullptr) continue;
        const std::span<T> buffer(read_.data() + i * width_, width_);
        if (there)
          rows.read(first + place, buffer);
        else
          std::fill(buffer.begin(), buffer.end(), T(0));
        four[i] = buffer.data();
      }
      pack_quad(four.data(), width_, to);
    }
    quad_norms(packed_.data(), quads, width_, norms_.data());
  }

  const T* data() const noexcept { return packed_.data(); }
  const T* norms() const noexcept { return norms_.data(); }

 private:
  std::size_t width_;
  detail::AlignedBuffer<T> packed_;
  detail::AlignedBuffer<T> norms_;
  detail::AlignedBuffer<T> read_;
};

}  // namespace quarry::kernels
