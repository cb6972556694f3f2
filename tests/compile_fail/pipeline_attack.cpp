// expect: this strategy attacks the model, but the model has no
#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/adversarial/deep_fool.hpp"

struct Opaque {
  quarry::ToyModel model;
  quarry::Predictions infer(const quarry::SlabView& v) {
    return model.infer(v);
  }
  quarry::SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return "opaque"; }
  Opaque replicate() const { return *this; }
};

void wrong() {
  quarry::Pipeline(quarry::MemorySource({}), quarry::RawDecoder(), Opaque(),
                   quarry::DeepFool());
}
