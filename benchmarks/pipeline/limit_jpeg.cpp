// The limit: what libjpeg takes one thread to decode the files of a list, which
// lie in memory before the clock starts. No line of Quarry.
//
//   limit_jpeg --list LIST.txt [--height 32] [--width 32]

#include <string>
#include <vector>

#include "../flags.hpp"
#include "../objects.hpp"
#include "../stopwatch.hpp"
#include "jpeg.hpp"

namespace {

void measure(const Flags& flags) {
  const std::size_t height = flags.count("height");
  const std::size_t width = flags.count("width");
  std::vector<std::string> images;
  for (const std::string& file : lines_of(flags.given("list"))) {
    images.push_back(read_file(file));
  }
  std::vector<unsigned char> pixels(height * width * 3);
  Jpeg jpeg;
  const Stopwatch watch;
  for (const std::string& image : images) {
    jpeg.decode(image, pixels.data(), height, width);
  }
  print_result("limit_jpeg", images.size(), watch.spent());
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_jpeg", [&] {
    measure(
        Flags(argc, argv, {{"list", ""}, {"height", "32"}, {"width", "32"}}));
  });
}
