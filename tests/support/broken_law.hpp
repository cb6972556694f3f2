#pragma once

#include <algorithm>
#include <string>

#include "quarry/testing/law_report.hpp"

namespace quarry::test {

/// Whether a law whose sentence holds `law` was found broken.
inline bool broken(const testing::LawReport& report, const std::string& law) {
  return std::any_of(report.violations.begin(), report.violations.end(),
                     [&](const std::string& line) {
                       return line.find(law) != std::string::npos;
                     });
}

}  // namespace quarry::test
