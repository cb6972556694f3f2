// expect: Pipeline: the fourth argument must model quarry::PointwiseStrategy
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"

struct NoStrategy : quarry::Pointwise<NoStrategy> {};

void wrong() {
  quarry::Pipeline(quarry::MemorySource({}), quarry::RawDecoder(),
                   quarry::ToyModel(), NoStrategy());
}
