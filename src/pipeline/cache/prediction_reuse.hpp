#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/cache/duplicates.hpp"
#include "pipeline/cache/prediction_store.hpp"
#include "pipeline/cache/recipe.hpp"

namespace quarry::detail {

/// What is remembered of a sample.
enum class Known { nothing, embedding, prediction };

struct ReuseOptions {
  bool duplicates = true;   ///< samples may wait for others with the same bytes
  bool embeddings = false;  ///< a prediction without one will not do
  bool head = false;        ///< an embedding without a prediction will do
};

/// What keeps a run from computing a prediction twice. A sample that was read
/// says its key (`first`) before it looks for it (`find`), and is kept before
/// it is settled: so whoever comes first finds what was there before.
class PredictionReuse {
 public:
  /// Embeddings have a store of their own, or are among the predictions.
  PredictionReuse(const PredictionCacheOptions& options,
                  const Recipe& predictions,
                  const std::optional<Recipe>& embeddings,
                  const ReuseOptions& use);

  bool first(const std::string& key, Duplicates::Waiting sample) {
    return !use_.duplicates || duplicates_.first(key, sample);
  }
  std::vector<Duplicates::Waiting> settle(const std::string& key) {
    return use_.duplicates ? duplicates_.settle(key)
                           : std::vector<Duplicates::Waiting>();
  }
  /// How many were settled.
  std::size_t settled() const noexcept { return duplicates_.settled(); }

  /// The key of the sample with this version of its source; empty when it is
  /// not known.
  std::string key_of(const std::string& version) noexcept {
    return versions().key_of(version);
  }
  /// Remembers it, soon.
  void know(const std::string& version, const std::string& key) noexcept {
    versions().know(version, key);
  }

  /// Fills `row`, which holds all that is kept of a sample and ends in its
  /// embedding, or that end alone; numbers that nobody knows or wants are NaN.
  Known find(const std::string& key, std::span<float> row) noexcept;
  /// Whether the prediction is there; then fills in that, and NaN for an
  /// embedding that is not wanted.
  bool find_prediction(const std::string& key, std::span<float> row) noexcept;
  /// Keeps a row, soon. `known` of it was found here.
  void keep(const std::string& key, std::span<const float> row,
            Known known) noexcept;
  bool keeps() const noexcept;

  /// Makes durable what was given.
  void finish() noexcept;
  /// Predictions that this run has made durable.
  std::size_t kept() const noexcept { return predictions_.kept(); }
  /// What an operator should know: a sentence each.
  std::vector<std::string> notes() const;

 private:
  /// What another head leaves valid.
  PredictionStore& versions() noexcept {
    return embeddings_ ? *embeddings_ : predictions_;
  }

  ReuseOptions use_;
  std::size_t numbers_;  // of a row of `predictions_`
  PredictionStore predictions_;
  std::optional<PredictionStore> embeddings_;
  Duplicates duplicates_;
};

}  // namespace quarry::detail
