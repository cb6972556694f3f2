// The limit: how fast a file is read from its first byte to its last, in large
// steps, when somebody looks at every byte. No line of Quarry.
//
//   limit_read --file SHARD.tar [--passes 5]

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "look.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Pass {
  double seconds = 0.0;
  std::uint64_t bytes = 0;
  std::uint64_t seen = 0;
};

Pass read_all(const std::string& file, std::vector<char>& buffer) {
  Pass pass;
  const auto begin = Clock::now();
  const int descriptor = ::open(file.c_str(), O_RDONLY);
  if (descriptor < 0) throw std::invalid_argument("cannot open " + file);
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count <= 0) break;
    pass.bytes += static_cast<std::uint64_t>(count);
    pass.seen += look(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(descriptor);
  pass.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return pass;
}

int measure(int argc, char** argv) {
  std::string file;
  int passes = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--file") == 0) file = argv[i + 1];
    if (std::strcmp(argv[i], "--passes") == 0) passes = std::stoi(argv[i + 1]);
  }
  std::vector<char> buffer(std::size_t{1} << 20);
  Pass best;
  for (int i = 0; i < passes; ++i) {
    const Pass pass = read_all(file, buffer);
    if (i == 0 || pass.seconds < best.seconds) best = pass;
  }
  std::cout << "{\"contender\": \"limit_read\", \"bytes\": " << best.bytes
            << ", \"seen\": " << best.seen << ", \"seconds\": " << best.seconds
            << ", \"bytes_per_second\": "
            << static_cast<double>(best.bytes) / best.seconds << "}\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "limit_read: " << error.what() << '\n';
    return 2;
  }
}
