#include "quarry/model/concept.hpp"

#include <functional>

#include "quarry/model/any_model.hpp"
#include "quarry/model/toy_model.hpp"

#include "catch.hpp"

namespace {

using namespace quarry;

struct Complete {
  Predictions infer(const SlabView&) { return {}; }
  SampleSpec input() const { return {}; }
  std::vector<std::string> classes() const { return {}; }
  std::string fingerprint() const { return "x"; }
  Complete replicate() const { return {}; }
};
static_assert(Model<Complete>);
static_assert(!EmbeddingModel<Complete>);
static_assert(!StochasticModel<Complete>);
static_assert(!DifferentiableModel<Complete>);
static_assert(!TrainableModel<Complete>);
static_assert(!AsyncModel<Complete>);

struct NoInfer : Complete {
  Predictions infer(const SlabView&) = delete;
  NoInfer replicate() const { return {}; }
};
static_assert(!Model<NoInfer>);

struct ConstlessInput : Complete {
  SampleSpec input() { return {}; }
  ConstlessInput replicate() const { return {}; }
};
static_assert(!Model<ConstlessInput>);

struct LogitsOnly : Complete {
  Matrix infer(const SlabView&) { return {}; }
  LogitsOnly replicate() const { return {}; }
};
static_assert(!Model<LogitsOnly>);

// What it replicates to is another type than itself.
struct Slicing : Complete {};
static_assert(!Model<Slicing>);

struct MoveOnly : Complete {
  MoveOnly() = default;
  MoveOnly(MoveOnly&&) = default;
  MoveOnly replicate() const { return {}; }
};
static_assert(!Model<MoveOnly>);

struct Full : Complete {
  std::size_t embedding_dim() const { return 0; }
  StochasticPredictions infer_stochastic(const SlabView&, std::size_t,
                                         std::uint64_t) {
    return {};
  }
  Matrix preprocess(const SlabView&) { return {}; }
  InputGradient gradient(const Matrix&, const Matrix&) { return {}; }
  FitReport fit(const TrainingSet&, const FitOptions&) { return {}; }
  void submit(const SlabView&, PredictionSink&, InferDone) noexcept {}
  Full replicate() const { return {}; }
};
static_assert(EmbeddingModel<Full>);
static_assert(StochasticModel<Full>);
static_assert(DifferentiableModel<Full>);
static_assert(TrainableModel<Full>);
static_assert(AsyncModel<Full>);

struct Throwing : Full {
  void submit(const SlabView&, PredictionSink&, InferDone) {}
  Throwing replicate() const { return {}; }
};
static_assert(EmbeddingModel<Throwing>);
static_assert(!AsyncModel<Throwing>);

static_assert(EmbeddingModel<ToyModel>);
static_assert(!TrainableModel<ToyModel>);
static_assert(EmbeddingModel<AnyModel>);
static_assert(std::convertible_to<ToyModel, AnyModel>);
static_assert(std::convertible_to<std::reference_wrapper<ToyModel>, AnyModel>);
static_assert(!std::convertible_to<NoInfer, AnyModel>);
static_assert(!std::convertible_to<int, AnyModel>);

}  // namespace

TEST_CASE("the concepts of models tell what a type is and what it is not") {
  SUCCEED("checked when compiled");
}
