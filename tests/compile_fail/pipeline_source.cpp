// expect: Pipeline: the first argument must model quarry::DataSource
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/random.hpp"

struct NoSource {
  std::size_t size() const { return 0; }
};

void wrong() {
  quarry::Pipeline(NoSource(), quarry::RawDecoder(), quarry::ToyModel(),
                   quarry::RandomStrategy());
}
