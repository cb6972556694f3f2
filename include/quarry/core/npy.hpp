#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/array_view.hpp"
#include "quarry/core/bytes.hpp"
#include "quarry/core/dtype.hpp"
#include "quarry/core/matrix.hpp"

namespace quarry {

/// An array read from a NumPy `.npy` file: native byte order, C order. When the
/// file has both already, `data()` points into the mapped file.
class NpyArray {
 public:
  /// No elements.
  NpyArray() = default;
  /// `name` is what messages call it.
  NpyArray(DType type, std::vector<std::size_t> shape, Bytes data,
           std::string name = "the array");

  DType dtype() const noexcept { return type_; }
  const std::vector<std::size_t>& shape() const noexcept { return shape_; }
  /// The number of elements; 0 for a default-constructed array.
  std::size_t size() const noexcept;
  /// The elements, suitably aligned for `dtype()`. Booleans are 0 or 1.
  const Bytes& data() const noexcept { return data_; }
  /// Valid as long as a copy of this array lives. Raises `npy.unsupported` for
  /// more than `ArrayView::max_rank` dimensions.
  ArrayView view() const;
  /// All elements converted to `T` (float, double, int64), in C order. To int64
  /// it raises `npy.invalid` for a value that is no integer of 64 bits, naming
  /// the array and the element.
  template <class T>
  std::vector<T> as() const;

 private:
  DType type_ = DType::f4;
  std::vector<std::size_t> shape_;
  Bytes data_;
  std::string name_ = "the array";
};

extern template std::vector<float> NpyArray::as<float>() const;
extern template std::vector<double> NpyArray::as<double>() const;
extern template std::vector<std::int64_t> NpyArray::as<std::int64_t>() const;

/// Reads `.npy` format 1.0, 2.0 and 3.0 (NumPy enhancement proposal 1 and
/// numpy.lib.format): C and Fortran order, f2 f4 f8 i1–i8 u1–u8 b1, little and
/// big endian. `name` is what messages call it. Any input returns or raises.
///
/// Raises `npy.invalid` (not an npy, broken header, shape and length disagree)
/// and `npy.unsupported` (structured, object, string, complex dtypes; another
/// version), naming the file and what it holds.
NpyArray parse_npy(const Bytes& bytes, std::string_view name);

/// `parse_npy` on a mapped file; raises `file.*` too.
NpyArray read_npy(const std::filesystem::path& file);

/// Writes format 1.0, C order, little endian, in one step. Raises `file.write`.
void write_npy(const std::filesystem::path& file, const ArrayView& array);
void write_npy(const std::filesystem::path& file, const Matrix& matrix);

/// Writes an `.npy` of floats of a known shape row by row, in any order; rows
/// never written are NaN. The file appears under its name on `close()`, and its
/// space is claimed at the start where the file system can promise it.
///
/// Distinct rows may be written from several threads at once. Memory: one byte
/// a row. Everything raises `file.write`.
class NpyWriter {
 public:
  /// `type` is f2, f4 or f8; `shape` is `[N, …]`, of which a row is `[…]`.
  NpyWriter(const std::filesystem::path& file, DType type,
            std::vector<std::size_t> shape);
  NpyWriter(NpyWriter&&) noexcept;
  NpyWriter& operator=(NpyWriter&&) noexcept;
  /// Without `close()` nothing stays behind.
  ~NpyWriter();

  /// Row `i`, converted to the file's dtype (in f2, what is beyond 65504
  /// becomes infinite).
  void write_row(std::size_t i, std::span<const float> row);
  /// As many whole rows as `rows` holds, from `first` on, in one write.
  void write_rows(std::size_t first, std::span<const float> rows);
  /// Completes the file. Call it once, after the last row.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quarry
