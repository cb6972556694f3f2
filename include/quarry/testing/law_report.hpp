#pragma once

#include <string>
#include <vector>

namespace quarry::testing {

/// What a checker found: one sentence for every law that is broken, naming the
/// law and where it broke.
struct LawReport {
  std::vector<std::string> violations;

  bool ok() const noexcept { return violations.empty(); }
  /// The sentences, a line each; empty when all is well.
  std::string text() const {
    std::string lines;
    for (const std::string& violation : violations) lines += violation + '\n';
    return lines;
  }
};

}  // namespace quarry::testing
