// The limit: how fast the lines of a list are read and kept, each a string,
// when nobody asks what they say. No line of Quarry.
//
//   limit_read_lines --file LIST

#include <fstream>
#include <string>
#include <vector>

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

void measure(const Flags& flags) {
  const std::string file = flags.given("file");
  const Stopwatch watch;
  std::ifstream list(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(list, line);) lines.push_back(line);
  print_result("limit_read_lines", lines.size(), watch.spent());
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_read_lines", [&] {
    measure(Flags(argc, argv, {{"file", ""}}));
  });
}
