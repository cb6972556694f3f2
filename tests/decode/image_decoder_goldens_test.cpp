// What Pillow and torchvision make of images of every kind; see
// tests/goldens/decode/make_goldens.py.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "quarry/core/file.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/image_info.hpp"

#include "catch.hpp"
#include "images.hpp"

namespace quarry {
namespace {

using namespace test;

const std::filesystem::path folder =
    std::filesystem::path(QUARRY_TESTS_DIR) / "goldens" / "decode";

struct Golden {
  std::string name;
  Bytes bytes;
};

std::vector<Golden> images() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder / "images"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Golden> goldens;
  for (const auto& file : files)
    goldens.push_back({file.filename().string(), read_file(file).value()});
  return goldens;
}

std::span<const std::uint8_t> values(const NpyArray& array) {
  REQUIRE(array.dtype() == DType::u1);
  return {reinterpret_cast<const std::uint8_t*>(array.data().data()),
          array.size()};
}

/// The largest difference between `ours` and as many values from `theirs`.
int distance(std::span<const std::uint8_t> ours,
             std::span<const std::uint8_t> theirs) {
  REQUIRE(ours.size() <= theirs.size());
  int worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i)
    worst = std::max(worst, std::abs(int(ours[i]) - int(theirs[i])));
  return worst;
}

TEST_CASE("every kind of image decodes to the pixels Pillow shows") {
  const NpyArray native = read_npy(folder / "native.npy");
  auto rest = values(native);
  std::size_t count = 0;
  for (const Golden& golden : images()) {
    INFO(golden.name);
    const ImageInfo info = probe_image(golden.bytes).value();
    const Picture ours =
        decoded(ImageDecoder({.height = info.height, .width = info.width}),
                golden.bytes);
    // PNG is without loss; a JPEG may be a level off with another libjpeg.
    CHECK(distance(ours.values, rest) <=
          (info.format == ImageFormat::png ? 0 : 1));
    rest = rest.subspan(ours.values.size());
    ++count;
  }
  CHECK(rest.empty());
  CHECK(count == 84);
}

TEST_CASE("resize and crop are torchvision's on Pillow within a level") {
  const NpyArray small = read_npy(folder / "small.npy");
  const NpyArray imagenet = read_npy(folder / "imagenet.npy");
  const NpyArray grey = read_npy(folder / "grey.npy");
  const ImageDecoder to_small({.height = 16, .width = 16, .resize = 20});
  const ImageDecoder to_imagenet({.resize = 256});
  const ImageDecoder to_grey(
      {.height = 16, .width = 16, .channels = 1, .resize = 12});
  std::size_t i = 0;
  for (const Golden& golden : images()) {
    INFO(golden.name);
    const auto row = [i](const NpyArray& array, std::size_t size) {
      return values(array).subspan(i * size, size);
    };
    CHECK(distance(decoded(to_small, golden.bytes).values,
                   row(small, 16 * 16 * 3)) <= 1);
    CHECK(distance(decoded(to_grey, golden.bytes).values, row(grey, 16 * 16)) <=
          1);
    const Picture large = decoded(to_imagenet, golden.bytes);
    std::vector<std::uint8_t> grid;
    for (std::size_t y = 7; y < 224; y += 14)
      for (std::size_t x = 7; x < 224; x += 14)
        for (std::size_t c = 0; c < 3; ++c) grid.push_back(large.at(y, x, c));
    CHECK(distance(grid, row(imagenet, grid.size())) <= 1);
    ++i;
  }
  CHECK(small.shape() == std::vector<std::size_t>{i, 16, 16, 3});
}

}  // namespace
}  // namespace quarry
