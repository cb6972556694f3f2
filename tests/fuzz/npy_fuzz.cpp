// An .npy file: its header, and its elements brought into native order.

#include <cstdint>
#include <cstring>
#include <vector>

#include "quarry/core/npy.hpp"

#include "core/npy_header.hpp"
#include "fuzz.hpp"

namespace {

using namespace quarry;

/// Where an element of a Fortran-ordered array lies whose place in C order is
/// `place`.
std::size_t fortran_place(std::size_t place,
                          const std::vector<std::size_t>& shape) {
  std::size_t stride = 1;
  for (const std::size_t extent : shape) stride *= extent;
  std::size_t there = 0;
  for (std::size_t d = shape.size(); d-- > 0;) {
    stride /= shape[d];
    there += place % shape[d] * stride;
    place /= shape[d];
  }
  return there;
}

/// Every element is the one of the file, byte by byte.
void check_elements(const NpyArray& array, const Bytes& file) {
  const detail::NpyHeader header =
      detail::parse_npy_header(file.text(), "input");
  const std::size_t size = size_of(array.dtype());
  const std::byte* const from = file.data() + header.data_offset;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::size_t there =
        header.fortran_order ? fortran_place(i, array.shape()) : i;
    for (std::size_t b = 0; b < size; ++b) {
      const std::byte stored =
          from[there * size + (header.big_endian ? size - 1 - b : b)];
      const std::byte expected = array.dtype() == DType::b1
                                     ? std::byte{stored != std::byte{0}}
                                     : stored;
      fuzz::check(array.data().data()[i * size + b] == expected,
                  "an element is another one than in the file");
    }
  }
}

void check_conversions(const NpyArray& array) {
  const auto check_size = [&](const auto& values) {
    if (values)
      fuzz::check(values->size() == array.size(), "a conversion lost elements");
  };
  check_size(fuzz::attempt([&] { return array.as<float>(); }));
  check_size(fuzz::attempt([&] { return array.as<double>(); }));
  check_size(fuzz::attempt([&] { return array.as<std::int64_t>(); }));
  fuzz::attempt([&] { return array.view().describe(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const Bytes file = Bytes::copy(fuzz::text_of(data, size));
  const auto array = fuzz::attempt([&] { return parse_npy(file, "input"); });
  if (!array) return 0;

  bool empty = false;
  for (const std::size_t extent : array->shape()) empty |= extent == 0;
  std::size_t bytes = empty ? 0 : size_of(array->dtype());
  for (std::size_t i = 0; !empty && i < array->shape().size(); ++i)
    bytes *= array->shape()[i];
  fuzz::check(array->data().size() == bytes, "shape and bytes disagree");
  fuzz::check(array->size() * size_of(array->dtype()) == bytes,
              "shape and size disagree");
  const auto address = reinterpret_cast<std::uintptr_t>(array->data().data());
  fuzz::check(address % size_of(array->dtype()) == 0, "badly aligned elements");
  check_elements(*array, file);
  check_conversions(*array);

  std::string written =
      detail::format_npy_header(array->dtype(), array->shape());
  written += array->data().text();
  const NpyArray again = parse_npy(Bytes::take(written), "what was written");
  fuzz::check(again.dtype() == array->dtype() &&
                  again.shape() == array->shape() &&
                  again.data() == array->data(),
              "what is written is read as something else");
  return 0;
}
