#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/testing/law_report.hpp"

#include "core/numbers.hpp"

namespace quarry::testing {

/// "0.5 and 0.25, ", of two numbers that should be one.
inline std::string both(double a, double b) {
  return quarry::detail::shortest(a) + " and " + quarry::detail::shortest(b) +
         ", ";
}

/// The first violation of each law, and how many there were.
class Violations {
 public:
  void add(std::string_view law, std::string where) {
    const auto found =
        std::find_if(seen_.begin(), seen_.end(),
                     [&](const Violation& seen) { return seen.law == law; });
    if (found != seen_.end()) {
      ++found->count;
    } else {
      seen_.push_back({std::string(law), std::move(where), 1});
    }
  }

  /// "law: where (and 3 more)", in the order in which they were first seen.
  LawReport report() const {
    LawReport report;
    for (const Violation& seen : seen_) {
      std::string text = seen.law + ": " + seen.where;
      if (seen.count > 1)
        text += " (and " + std::to_string(seen.count - 1) + " more)";
      report.violations.push_back(std::move(text));
    }
    return report;
  }

 private:
  struct Violation {
    std::string law;
    std::string where;
    std::size_t count;
  };
  std::vector<Violation> seen_;
};

}  // namespace quarry::testing
