// expect: Pipeline: the third argument must model quarry::Model
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/random.hpp"

struct NoModel {
  quarry::Predictions infer(const quarry::SlabView&) { return {}; }
};

void wrong() {
  quarry::Pipeline(quarry::MemorySource({}), quarry::RawDecoder(), NoModel(),
                   quarry::RandomStrategy());
}
