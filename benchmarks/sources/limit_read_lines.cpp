// The limit: how fast the lines of a list are read and kept, each a string,
// when nobody asks what they say. No line of Quarry.
//
//   limit_read_lines LIST

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  if (argc != 2) return 2;
  const auto begin = Clock::now();
  std::ifstream list(argv[1]);
  std::vector<std::string> lines;
  for (std::string line; std::getline(list, line);) lines.push_back(line);
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  std::cout << "{\"contender\": \"limit_read_lines\", \"lines\": "
            << lines.size() << ", \"seconds\": " << seconds.count() << "}\n";
  return 0;
}
