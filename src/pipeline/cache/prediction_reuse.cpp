#include "pipeline/cache/prediction_reuse.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace quarry::detail {

PredictionReuse::PredictionReuse(const PredictionCacheOptions& options,
                                 const Recipe& predictions,
                                 const std::optional<Recipe>& embeddings,
                                 const ReuseOptions& use)
    : use_(use),
      numbers_(predictions.width()),
      predictions_(options, predictions) {
  if (embeddings) embeddings_.emplace(options, *embeddings);
}

bool PredictionReuse::find_prediction(const std::string& key,
                                      std::span<float> row) noexcept {
  if (!predictions_.find(key, row.first(numbers_))) return false;
  if (!use_.embeddings) {
    std::fill(row.begin() + static_cast<long>(numbers_), row.end(),
              std::numeric_limits<float>::quiet_NaN());
  }
  return true;
}

Known PredictionReuse::find(const std::string& key,
                            std::span<float> row) noexcept {
  const bool predicted = find_prediction(key, row);
  if (predicted && !use_.embeddings) return Known::prediction;
  if (!embeddings_) return predicted ? Known::prediction : Known::nothing;
  if (!predicted && !use_.head) return Known::nothing;
  if (!embeddings_->find(key, row.subspan(numbers_))) return Known::nothing;
  return predicted ? Known::prediction : Known::embedding;
}

void PredictionReuse::keep(const std::string& key, std::span<const float> row,
                           Known known) noexcept {
  predictions_.keep(key, row.first(numbers_));
  if (!embeddings_ || known == Known::embedding) return;
  embeddings_->keep(key, row.subspan(numbers_));
}

bool PredictionReuse::keeps() const noexcept {
  return predictions_.keeps() || (embeddings_ && embeddings_->keeps());
}

void PredictionReuse::finish() noexcept {
  predictions_.finish();
  if (embeddings_) embeddings_->finish();
}

std::vector<std::string> PredictionReuse::notes() const {
  std::vector<std::string> notes = predictions_.notes();
  if (!embeddings_) return notes;
  for (std::string& note : embeddings_->notes()) {
    // A disk that is full is full for both.
    if (std::find(notes.begin(), notes.end(), note) == notes.end())
      notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace quarry::detail
