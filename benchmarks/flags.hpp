#pragma once

#include <cstddef>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The command line of a benchmark: `--name value`, each with a default.
class Flags {
 public:
  using Defaults = std::map<std::string, std::string>;

  /// Raises `std::invalid_argument` for a name without a default.
  Flags(int argc, char** argv, Defaults defaults)
      : values_(std::move(defaults)) {
    for (int i = 1; i < argc; i += 2) {
      const std::string name = argv[i];
      const auto found =
          name.starts_with("--") ? values_.find(name.substr(2)) : values_.end();
      if (found == values_.end() || i + 1 == argc) {
        throw std::invalid_argument("what is " + name + "?");
      }
      found->second = argv[i + 1];
    }
  }

  const std::string& text(const std::string& name) const {
    return values_.at(name);
  }
  /// One that cannot be left out.
  const std::string& given(const std::string& name) const {
    const std::string& value = text(name);
    if (value.empty()) throw std::invalid_argument("--" + name + " is missing");
    return value;
  }
  std::size_t count(const std::string& name) const {
    return std::stoul(given(name));
  }
  float real(const std::string& name) const { return std::stof(given(name)); }
  /// "0.5,0.25"
  std::vector<float> reals(const std::string& name) const {
    std::vector<float> values;
    std::istringstream in(text(name));
    for (std::string value; std::getline(in, value, ',');) {
      values.push_back(std::stof(value));
    }
    return values;
  }

 private:
  Defaults values_;
};

/// What a benchmark's `main` returns: 0, or 2 once it has said what `measure`
/// threw.
template <class Measure>
int run_benchmark(const char* program, Measure measure) {
  try {
    measure();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
    return 2;
  }
}
