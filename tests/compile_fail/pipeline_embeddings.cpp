// expect: this strategy needs embeddings, but the model has no embedding_dim
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/diversity/k_center.hpp"

struct Plain {
  quarry::Predictions infer(const quarry::SlabView&) { return {}; }
  quarry::SampleSpec input() const { return {}; }
  std::vector<std::string> classes() const { return {}; }
  std::string fingerprint() const { return {}; }
  Plain replicate() const { return *this; }
};
static_assert(quarry::Model<Plain>);

void wrong() {
  quarry::Pipeline(quarry::MemorySource({}), quarry::RawDecoder(), Plain(),
                   quarry::KCenter());
}
