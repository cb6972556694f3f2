// The limit: how fast a file is read from its first byte to its last, in large
// steps, when somebody looks at every byte. No line of Quarry.
//
//   limit_read --file SHARD.tar [--passes 5]

#include <cstdint>
#include <fcntl.h>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "../flags.hpp"
#include "../stopwatch.hpp"
#include "look.hpp"

namespace {

struct Pass {
  double seconds = 0.0;
  std::uint64_t bytes = 0;
  std::uint64_t seen = 0;
};

Pass read_all(const std::string& file, std::vector<char>& buffer) {
  Pass pass;
  const Stopwatch watch;
  const int descriptor = ::open(file.c_str(), O_RDONLY);
  if (descriptor < 0) throw std::invalid_argument("cannot open " + file);
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count <= 0) break;
    pass.bytes += static_cast<std::uint64_t>(count);
    pass.seen += look(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(descriptor);
  pass.seconds = watch.spent().seconds;
  return pass;
}

void measure(const Flags& flags) {
  const std::string file = flags.given("file");
  const std::size_t passes = flags.count("passes");
  std::vector<char> buffer(std::size_t{1} << 20);
  Pass best;
  for (std::size_t i = 0; i < passes; ++i) {
    const Pass pass = read_all(file, buffer);
    if (i == 0 || pass.seconds < best.seconds) best = pass;
  }
  std::cout << "{\"contender\": \"limit_read\", \"bytes\": " << best.bytes
            << ", \"seen\": " << best.seen << ", \"seconds\": " << best.seconds
            << ", \"bytes_per_second\": "
            << static_cast<double>(best.bytes) / best.seconds << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_read", [&] {
    measure(Flags(argc, argv, {{"file", ""}, {"passes", "5"}}));
  });
}
