#include "quarry/core/npy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

#include "core/npy_header.hpp"
#include "core/posix_file.hpp"

namespace quarry {
namespace {

static_assert(std::endian::native == std::endian::little,
              "Quarry writes and maps little-endian arrays as they lie");

std::size_t count_elements(std::span<const std::size_t> shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  return count;
}

// Copies Fortran-ordered elements of `size` bytes into C order.
void to_c_order(const std::byte* source, std::span<const std::size_t> shape,
                std::size_t size, std::byte* target) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank);  // of the source, in bytes
  std::vector<std::size_t> index(rank);
  std::size_t step = size;
  for (std::size_t d = 0; d < rank; ++d) {
    stride[d] = step;
    step *= shape[d];
  }
  const std::byte* from = source;
  for (std::byte* to = target; to != target + step; to += size) {
    std::memcpy(to, from, size);
    for (std::size_t d = rank; d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
}

void swap_bytes(std::vector<std::byte>& elements, std::size_t size) {
  for (auto it = elements.begin(); it != elements.end();
       it += static_cast<std::ptrdiff_t>(size))
    std::reverse(it, it + static_cast<std::ptrdiff_t>(size));
}

bool needs_copy(const detail::NpyHeader& header, const Bytes& data) {
  const std::size_t size = size_of(header.type);
  if (header.big_endian && size > 1) return true;
  if (header.fortran_order && header.shape.size() > 1) return true;
  // A C++ bool is 0 or 1; NumPy's may be any byte.
  if (header.type == DType::b1)
    return std::any_of(data.span().begin(), data.span().end(),
                       [](std::byte b) { return b > std::byte{1}; });
  return reinterpret_cast<std::uintptr_t>(data.data()) % size != 0;
}

Bytes to_native(const detail::NpyHeader& header, const Bytes& data) {
  std::vector<std::byte> elements(data.span().begin(), data.span().end());
  const std::size_t size = size_of(header.type);
  if (header.fortran_order)
    to_c_order(data.data(), header.shape, size, elements.data());
  if (header.big_endian) swap_bytes(elements, size);
  if (header.type == DType::b1) {
    for (std::byte& b : elements) b = std::byte{b != std::byte{0}};
  }
  return Bytes::take(std::move(elements));
}

// The element at `place` as `To`. Of an array called `name`.
template <class To, class From>
To convert(From value, std::size_t place, const std::string& name) {
  if constexpr (std::is_same_v<To, std::int64_t>) {
    bool fits = true;
    if constexpr (std::is_same_v<From, std::uint64_t>) {
      fits = std::in_range<std::int64_t>(value);
    } else if constexpr (!std::is_integral_v<From>) {
      const auto number = static_cast<double>(value);
      fits =
          number >= -0x1p63 && number < 0x1p63 && std::trunc(number) == number;
    }
    if (!fits)
      raise("npy.invalid", name + " holds " +
                               std::to_string(static_cast<double>(value)) +
                               " as element " + std::to_string(place) +
                               ", where an integer of 64 bits is needed");
  }
  return static_cast<To>(value);
}

}  // namespace

NpyArray::NpyArray(DType type, std::vector<std::size_t> shape, Bytes data,
                   std::string name)
    : type_(type),
      shape_(std::move(shape)),
      data_(std::move(data)),
      name_(std::move(name)) {
  QUARRY_EXPECTS(data_.size() == count_elements(shape_) * size_of(type_),
                 "NpyArray: the data do not have the length of the shape");
}

std::size_t NpyArray::size() const noexcept {
  return data_.empty() ? 0 : count_elements(shape_);
}

ArrayView NpyArray::view() const {
  if (shape_.size() > ArrayView::max_rank)
    raise("npy.unsupported", name_ + " has " + std::to_string(shape_.size()) +
                                 " dimensions; at most " +
                                 std::to_string(ArrayView::max_rank) +
                                 " can be used");
  return {type_, data_.data(), shape_};
}

template <class T>
std::vector<T> NpyArray::as() const {
  std::vector<T> result(size());
  visit_dtype(type_, [&]<class From>(From*) {
    const auto* elements = reinterpret_cast<const From*>(data_.data());
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = convert<T>(elements[i], i, name_);
  });
  return result;
}

template std::vector<float> NpyArray::as<float>() const;
template std::vector<double> NpyArray::as<double>() const;
template std::vector<std::int64_t> NpyArray::as<std::int64_t>() const;

NpyArray parse_npy(const Bytes& bytes, std::string_view name) {
  detail::NpyHeader header = detail::parse_npy_header(bytes.text(), name);
  Bytes data = bytes.slice(header.data_offset, header.data_bytes);
  if (needs_copy(header, data)) data = to_native(header, data);
  return {header.type, std::move(header.shape), std::move(data),
          std::string(name)};
}

NpyArray read_npy(const std::filesystem::path& file) {
  return parse_npy(read_file(file, {.map = true}).value(), detail::shown(file));
}

void write_npy(const std::filesystem::path& file, const ArrayView& array) {
  QUARRY_EXPECTS(array.size() == count_elements(array.shape()),
                 "write_npy: a view of nothing");
  const std::string header =
      detail::format_npy_header(array.dtype(), array.shape());
  detail::AtomicFile output(file);
  output.write(std::as_bytes(std::span(header.data(), header.size())), 0);
  output.write({static_cast<const std::byte*>(array.data()),
                array.size() * size_of(array.dtype())},
               header.size());
  output.commit();
}

void write_npy(const std::filesystem::path& file, const Matrix& matrix) {
  write_npy(file, ArrayView(matrix.data(),
                            {static_cast<std::size_t>(matrix.rows()),
                             static_cast<std::size_t>(matrix.cols())}));
}

struct NpyWriter::State {
  State(const std::filesystem::path& file, DType dtype,
        std::vector<std::size_t> extents)
      : output(file), type(dtype), shape(std::move(extents)) {}

  std::uint64_t offset(std::size_t row) const {
    return header_bytes + row * cols * size_of(type);
  }

  // `values` in the file's dtype, through one small buffer.
  template <class T>
  void write_as(std::size_t first, std::span<const float> values) {
    std::vector<T> converted(values.size());
    std::transform(values.begin(), values.end(), converted.begin(),
                   [](float value) { return static_cast<T>(value); });
    output.write(std::as_bytes(std::span(converted)), offset(first));
  }

  void write(std::size_t first, std::span<const float> values) {
    if (type == DType::f2) write_as<Half>(first, values);
    if (type == DType::f4) output.write(std::as_bytes(values), offset(first));
    if (type == DType::f8) write_as<double>(first, values);
  }

  detail::AtomicFile output;
  DType type;
  std::vector<std::size_t> shape;
  std::size_t rows = 0;
  std::size_t cols = 1;
  std::size_t header_bytes = 0;
  // A byte a row and not a bit, so that threads never share one.
  std::vector<std::uint8_t> written;
};

NpyWriter::NpyWriter(const std::filesystem::path& file, DType type,
                     std::vector<std::size_t> shape)
    : state_(std::make_unique<State>(file, type, std::move(shape))) {
  State& s = *state_;
  QUARRY_EXPECTS(is_float(type), "NpyWriter: rows are floats");
  QUARRY_EXPECTS(!s.shape.empty(), "NpyWriter: an array of rows");
  std::size_t bytes = size_of(type);
  for (const std::size_t extent : s.shape)
    QUARRY_EXPECTS(detail::multiply(bytes, extent, bytes),
                   "NpyWriter: a shape beyond 64 bits");
  s.rows = s.shape[0];
  s.cols = count_elements(std::span(s.shape).subspan(1));
  const std::string header = detail::format_npy_header(type, s.shape);
  s.header_bytes = header.size();
  s.output.reserve(header.size() + bytes);
  s.written.assign(s.rows, 0);
  s.output.write(std::as_bytes(std::span(header.data(), header.size())), 0);
}

NpyWriter::NpyWriter(NpyWriter&&) noexcept = default;
NpyWriter& NpyWriter::operator=(NpyWriter&&) noexcept = default;
NpyWriter::~NpyWriter() = default;

void NpyWriter::write_row(std::size_t i, std::span<const float> row) {
  QUARRY_EXPECTS(state_ && row.size() == state_->cols,
                 "NpyWriter::write_row: closed, or a row of another width");
  write_rows(i, row);
}

void NpyWriter::write_rows(std::size_t first, std::span<const float> rows) {
  QUARRY_EXPECTS(state_ != nullptr, "NpyWriter::write_rows: closed");
  State& s = *state_;
  if (s.cols == 0) return;
  const std::size_t count = rows.size() / s.cols;
  QUARRY_EXPECTS(
      rows.size() % s.cols == 0 && first <= s.rows && count <= s.rows - first,
      "NpyWriter::write_rows: rows that the array does not have");
  s.write(first, rows);
  std::fill_n(s.written.begin() + static_cast<std::ptrdiff_t>(first), count,
              std::uint8_t{1});
}

void NpyWriter::close() {
  QUARRY_EXPECTS(state_ != nullptr, "NpyWriter::close: closed already");
  State& s = *state_;
  const std::vector<float> missing(s.cols,
                                   std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < s.rows; ++i) {
    if (s.written[i] == 0) s.write(i, missing);
  }
  s.output.commit();
  state_.reset();
}

}  // namespace quarry
