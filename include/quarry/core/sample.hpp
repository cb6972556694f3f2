#pragma once

#include <optional>
#include <string>

namespace quarry {

/// What is known about a sample without reading it.
struct Sample {
  /// Unique in its source and stable: the path relative to the pool's root with
  /// `/`, the URI as written, or `shard#member`, unless a manifest gives one.
  std::string id;
  /// Where its bytes are, as a person or another tool would open it.
  std::string uri;
  /// The label a benchmark knows (a class name or number). No strategy sees it.
  std::optional<std::string> truth = {};

  friend bool operator==(const Sample&, const Sample&) = default;
};

}  // namespace quarry
