// Picks from a folder of images with a toy model: what every program that uses
// Quarry looks like. The folder is drawn first.

// [main]
#include <iomanip>
#include <iostream>

#include <quarry/quarry.hpp>

void draw_pool(const std::filesystem::path& folder);

int main() {
  draw_pool("pool/");
  auto pool = quarry::DirectorySource("pool/");
  auto decoder = quarry::ImageDecoder({.height = 32, .width = 32});
  auto model = quarry::ToyModel();

  auto pipeline = quarry::Pipeline(pool, decoder, model, quarry::Margin());
  quarry::Selection picked = pipeline.select(5);

  std::cout << std::setprecision(3);
  for (const auto& pick : picked) {
    std::cout << pick.id << ' ' << pick.score << '\n';
  }
}
// [main]

/// A hundred pictures of coloured noise.
void draw_pool(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  quarry::RandomStream random(7);
  for (int i = 0; i < 100; ++i) {
    std::vector<std::byte> pixels(32 * 32 * 3);
    for (std::byte& value : pixels) value = std::byte(random.below(256));
    quarry::write_file(folder / (std::to_string(i) + ".png"),
                       quarry::encode_png(pixels, {32, 32})->span());
  }
}
