// expect: this strategy needs stochastic passes, but the model has no
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"

struct Disagreement : quarry::Pointwise<Disagreement> {
  static constexpr quarry::Needs needs() {
    return {{.name = quarry::inputs::passes, .passes = 10}};
  }
  double score(const quarry::Prediction&) const { return 0.0; }
};

void wrong() {
  quarry::Pipeline(quarry::MemorySource({}), quarry::RawDecoder(),
                   quarry::ToyModel(), Disagreement());
}
