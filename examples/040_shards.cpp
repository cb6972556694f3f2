// Packs a pool into tar shards, as WebDataset reads them, and reads it back.
#include <iostream>

#include <quarry/quarry.hpp>

quarry::MemorySource drawn_pool();

// [main]
int main() {
  const quarry::MemorySource drawn = drawn_pool();
  const quarry::PackReport report =
      quarry::pack(drawn, {.format = quarry::PackFormat::tar,
                           .out = "shards/",
                           .shard_samples = 4});
  std::cout << report.packed << " samples in " << report.shards.size()
            << " shards\n";

  const quarry::TarSource pool("shards/pool-{000000..000002}.tar");
  for (std::size_t i = 0; i < pool.size(); i += 3) {
    const bool same = *pool.read(i) == *drawn.read(i);
    std::cout << pool.sample(i).id << ' ' << *pool.sample(i).truth
              << (same ? " as it was\n" : " changed\n");
  }
}
// [main]

/// Ten small pictures, each of one grey.
quarry::MemorySource drawn_pool() {
  std::vector<quarry::MemorySource::Item> items;
  for (int i = 0; i < 10; ++i) {
    const std::string id = (i < 5 ? "dark/" : "light/") + std::to_string(i);
    const std::vector<std::byte> pixels(8 * 8, std::byte(25 * i));
    items.push_back(
        {{.id = id + ".png",
          .uri = "drawn:" + id,
          .truth = i < 5 ? "dark" : "light"},
         quarry::encode_png(pixels, {8, 8}, {.channels = 1}).value()});
  }
  return quarry::MemorySource(items);
}
