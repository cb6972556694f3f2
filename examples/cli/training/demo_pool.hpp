#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::cli {

inline constexpr std::array<std::string_view, 10> demo_classes = {
    "arrow", "checker", "circle", "cross", "diamond",
    "moon",  "ring",    "square", "star",  "triangle"};

/// An image of the demo's pool.
struct DrawnImage {
  std::string id;     ///< "star/0042.jpg", under the pool's folder
  std::size_t group;  ///< near-duplicates of each other have one group
};

struct DrawnPool {
  std::vector<DrawnImage> images;
  std::size_t jpegs = 0;
  std::size_t pngs = 0;
  std::size_t near_duplicates =
      0;                    ///< images that are not the first of a group
  std::size_t damaged = 0;  ///< files that are no image, not in `images`
};

/// Draws about `count` images of ten shapes into `folder`, in a folder a class:
/// JPEG and PNG files of 32 to 48 pixels a side, turned, shaded, half hidden by
/// clutter, noisy. As in pools that were filmed or scraped, a fifth of them
/// repeat another with a slight shift, and three files are damaged. The same
/// seed draws the same pool.
DrawnPool draw_pool(const std::filesystem::path& folder, std::size_t count,
                    std::uint64_t seed);

}  // namespace quarry::cli
