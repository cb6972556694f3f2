#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace quarry::detail {

/// Samples of equal bytes that are under way at once: the first to come is
/// computed, and the others get what it gets. Thread-safe.
class Duplicates {
 public:
  /// A sample that waits for its duplicate.
  struct Waiting {
    std::size_t position = 0;  ///< in the run
    std::size_t index = 0;     ///< in the source
  };

  /// True for the first with this key, which must be settled; otherwise the
  /// sample waits for that.
  bool first(const std::string& key, Waiting sample);
  /// Who waits for the sample with this key, which is no longer under way.
  std::vector<Waiting> settle(const std::string& key);
  /// How many were settled.
  std::size_t settled() const noexcept { return settled_; }

 private:
  std::mutex mutex_;
  std::atomic<std::size_t> settled_ = 0;
  std::unordered_map<std::string, std::vector<Waiting>> under_way_;
};

}  // namespace quarry::detail
