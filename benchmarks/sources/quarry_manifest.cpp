// Opens a manifest as `--data` does.
//
//   quarry_manifest LIST.txt|LIST.jsonl|LIST.csv

#include <chrono>
#include <iostream>

#include "quarry/core/json.hpp"
#include "quarry/data/open_source.hpp"

namespace {

using namespace quarry;
using Clock = std::chrono::steady_clock;

void measure(const char* list) {
  const auto begin = Clock::now();
  const OpenedSource opened = open_source(list);
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  std::cout << to_line(Json{{"contender", "quarry_manifest"},
                            {"samples", opened.source.size()},
                            {"seconds", seconds.count()}})
            << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 2) measure(argv[1]);
    return argc == 2 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "quarry_manifest: " << error.what() << '\n';
    return 2;
  }
}
