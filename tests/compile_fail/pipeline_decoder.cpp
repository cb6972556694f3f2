// expect: Pipeline: the second argument must model quarry::Decoder
#include "quarry/data/memory_source.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/random.hpp"

struct NoDecoder {
  quarry::SampleSpec spec() const { return {}; }
};

void wrong() {
  quarry::Pipeline(quarry::MemorySource({}), NoDecoder(), quarry::ToyModel(),
                   quarry::RandomStrategy());
}
