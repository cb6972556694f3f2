// Opens a manifest as `--data` does.
//
//   quarry_manifest --file LIST.txt|LIST.jsonl|LIST.csv

#include "quarry/data/open_source.hpp"

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

void measure(const Flags& flags) {
  const std::string file = flags.given("file");
  const Stopwatch watch;
  const quarry::OpenedSource opened = quarry::open_source(file);
  print_result("quarry_manifest", opened.source.size(), watch.spent());
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("quarry_manifest", [&] {
    measure(Flags(argc, argv, {{"file", ""}}));
  });
}
