#pragma once

#include <cstdint>
#include <vector>

#include <hwy/targets.h>

namespace quarry::test {

/// Every instruction set that this machine has.
inline std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> all;
  for (std::int64_t rest = hwy::SupportedTargets(); rest != 0;
       rest &= rest - 1) {
    all.push_back(rest & -rest);
  }
  return all;
}

/// Kernels take that one while it lives.
struct HeldTo {
  explicit HeldTo(std::int64_t target) { choose(target); }
  ~HeldTo() { choose(0); }
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace quarry::test
