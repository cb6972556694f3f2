// TarSource over the same file: every member read in order, every byte looked
// at.
//
//   quarry_tar --file SHARD.tar [--passes 5]

#include <chrono>
#include <cstring>
#include <iostream>

#include "quarry/core/json.hpp"
#include "quarry/data/tar_source.hpp"

#include "look.hpp"

namespace {

using namespace quarry;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

int measure(int argc, char** argv) {
  std::string file;
  int passes = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--file") == 0) file = argv[i + 1];
    if (std::strcmp(argv[i], "--passes") == 0) passes = std::stoi(argv[i + 1]);
  }
  double open = 0.0;
  double best = 0.0;
  std::uint64_t bytes = 0;
  std::uint64_t seen = 0;
  std::size_t members = 0;
  std::size_t failed = 0;
  for (int pass = 0; pass < passes; ++pass) {
    // Opened anew: the pages of the map are new to the process each time.
    auto begin = Clock::now();
    const TarSource source(file);
    const double opening = seconds_since(begin);
    bytes = 0;
    failed = 0;
    members = source.size();
    begin = Clock::now();
    for (std::size_t i = 0; i < members; ++i) {
      const Result<Bytes> read = source.read(i);
      if (!read.ok()) {
        ++failed;
        continue;
      }
      bytes += read->size();
      seen += look(read->data(), read->size());
    }
    const double seconds = seconds_since(begin);
    if (pass == 0 || seconds < best) best = seconds;
    if (pass == 0 || opening < open) open = opening;
  }
  std::cout << to_line(Json{
                   {"contender", "quarry_tar"},
                   {"members", members},
                   {"failed", failed},
                   {"bytes", bytes},
                   {"seen", seen},
                   {"open_seconds", open},
                   {"seconds", best},
                   {"bytes_per_second", static_cast<double>(bytes) / best},
                   {"members_per_second", static_cast<double>(members) / best}})
            << '\n';
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "quarry_tar: " << error.what() << '\n';
    return 2;
  }
}
