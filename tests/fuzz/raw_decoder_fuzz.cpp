// Raw arrays. The first three characters choose shape, dtype and layout.

#include <algorithm>
#include <vector>

#include "quarry/decode/raw_decoder.hpp"

#include "fuzz.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const auto choose = [&](std::size_t count) {
    return static_cast<unsigned char>(fuzz::take_front(input)) % count;
  };
  const std::size_t height = 1 + choose(4);
  const std::size_t width = 1 + choose(4);
  const auto dtype = static_cast<DType>(choose(12));
  const bool planar = height % 2 == 0;
  const RawDecoder decoder(
      {.shape = {height, width, 3},
       .dtype = dtype,
       .layout = planar ? RawLayout::planar : RawLayout::interleaved});
  const std::size_t bytes = decoder.spec().bytes();

  constexpr std::size_t guard = 16;
  constexpr std::byte mark{0xA7};
  std::vector<std::byte> room(bytes + 2 * guard, mark);
  const auto row = std::span(room).subspan(guard, bytes);
  const Bytes sample = Bytes::copy(input);
  const auto done = fuzz::attempt([&] { return decoder.decode(sample, row); });
  fuzz::check(done.has_value() == (input.size() == bytes),
              "a sample of another size was taken, or one of this refused");
  for (std::size_t i = 0; i < guard; ++i) {
    fuzz::check(room[i] == mark && room[guard + bytes + i] == mark,
                "a byte outside of the row was written");
  }
  if (!done) return 0;
  const std::size_t element = size_of(dtype);
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t pixel = i / (3 * element);
    const std::size_t channel = i / element % 3;
    const std::size_t from =
        planar ? (channel * height * width + pixel) * element + i % element : i;
    fuzz::check(row[i] == sample.data()[from], "an element is another");
  }
  return 0;
}
