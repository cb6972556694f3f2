#pragma once

#include <string>
#include <vector>

#include "pipeline/cache/prediction_store.hpp"
#include "pipeline/cache/twins.hpp"

namespace quarry::detail {

/// What keeps a run from computing a prediction twice. Every sample says its
/// key (`first`) before it looks into the store, and goes into the store before
/// it is settled: so whoever comes first finds what was there before.
class Memory {
 public:
  /// Without `twins` nobody waits for another sample.
  Memory(const PredictionCacheOptions& options, const Recipe& recipe,
         bool twins)
      : store(options, recipe), with_twins_(twins) {}

  bool first(const std::string& key, Twins::Waiting sample) {
    return !with_twins_ || twins_.first(key, sample);
  }
  std::vector<Twins::Waiting> settle(const std::string& key) {
    return with_twins_ ? twins_.settle(key) : std::vector<Twins::Waiting>();
  }

  PredictionStore store;

 private:
  bool with_twins_;
  Twins twins_;
};

}  // namespace quarry::detail
