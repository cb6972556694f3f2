// The limit: what opening and reading the files of a list takes one thread, one
// file after the other. No line of Quarry.
//
//   limit_files --list LIST.txt

#include <string>
#include <vector>

#include "../flags.hpp"
#include "../objects.hpp"
#include "../stopwatch.hpp"

namespace {

void measure(const Flags& flags) {
  const std::vector<std::string> files = lines_of(flags.given("list"));
  const Stopwatch watch;
  std::size_t bytes = 0;
  for (const std::string& file : files) bytes += read_file(file).size();
  print_result("limit_files", files.size(), watch.spent(),
               ", \"bytes\": " + std::to_string(bytes));
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_files", [&] {
    measure(Flags(argc, argv, {{"list", ""}}));
  });
}
