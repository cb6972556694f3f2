// expect: the score must need probabilities and nothing else.*docs/concepts/strategy.md
#include "quarry/strategy.hpp"

struct ByEmbedding {
  static constexpr quarry::Needs needs() {
    return {{.name = quarry::inputs::embeddings}};
  }
  double score(const quarry::Prediction&) const { return 0.0; }
};

quarry::Consensus<ByEmbedding> strategy;
