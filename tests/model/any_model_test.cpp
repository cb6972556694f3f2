#include "quarry/model/any_model.hpp"

#include "quarry/model/toy_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

/// A model with every optional hook and none of the refinements.
struct Hooked {
  int* inferred = nullptr;

  Predictions infer(const SlabView& slab) {
    if (inferred != nullptr) ++*inferred;
    Predictions p;
    p.logits = Matrix::Zero(slab.rows, 2);
    p.probabilities = Matrix::Constant(slab.rows, 2, 0.5F);
    p.embeddings = Matrix(slab.rows, 0);
    return p;
  }
  SampleSpec input() const { return {.shape = {8}}; }
  std::vector<std::string> classes() const { return {"no", "yes"}; }
  std::string fingerprint() const { return "hooked"; }
  Hooked replicate() const { return *this; }
  Result<void> accepts(const SampleSpec& spec) const {
    if (spec.shape.size() == 1) return {};
    return Failure{"model.input", "rank"};
  }
  std::shared_ptr<std::byte[]> make_slab(std::size_t) const {
    static std::shared_ptr<std::byte[]> slab(new std::byte[4]);
    return slab;
  }
  std::vector<std::string> notes() const { return {"a note"}; }
  std::string computes_with() const { return "pencil and paper"; }
  std::size_t default_executors(std::size_t threads) const {
    return threads / 4;
  }
};

}  // namespace

TEST_CASE("a model chosen at run time answers as the model itself") {
  ToyModel toy({.seed = 3});
  AnyModel any(toy);
  const std::vector<std::byte> bytes(2 * toy.input().bytes(), std::byte{77});
  const SlabView slab{bytes, 2, toy.input()};
  CHECK(any.infer(slab).logits == toy.infer(slab).logits);
  CHECK(any.input() == toy.input());
  CHECK(any.classes() == toy.classes());
  CHECK(any.fingerprint() == toy.fingerprint());
  CHECK(any.embedding_dim() == 16);
  CHECK(any.notes().empty());
  CHECK(any.computes_with().empty());
  CHECK(any.default_executors(8) == 8);
  CHECK(any.make_slab(64) != nullptr);
  AnyModel replica = any.replicate();
  CHECK(replica.infer(slab).embeddings == toy.infer(slab).embeddings);
}

TEST_CASE("without the hook, a model takes its own input and nothing else") {
  const AnyModel any{ToyModel()};
  CHECK(any.accepts(ToyModel().input()).ok());
  const Result<void> other = any.accepts({.shape = {16, 16, 3}});
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().id == "model.input");
  CHECK(other.error().message ==
        "the model takes samples of u1 [32, 32, 3], not of u1 [16, 16, 3]");
  CHECK_FALSE(any.accepts({.shape = {32, 32, 3}, .dtype = DType::f4}).ok());
}

TEST_CASE("the optional hooks of a model are used") {
  const AnyModel any{Hooked()};
  CHECK(any.accepts({.shape = {5}}).ok());
  CHECK_FALSE(any.accepts({.shape = {5, 5}}).ok());
  CHECK(any.make_slab(1) == Hooked().make_slab(1));
  CHECK(any.notes() == std::vector<std::string>{"a note"});
  CHECK(any.embedding_dim() == 0);
  CHECK(AnyModel(any).default_executors(8) == 2);
  CHECK(AnyModel(any).computes_with() == "pencil and paper");
}

TEST_CASE("std::ref shares a model, a copy does not") {
  int inferred = 0;
  Hooked hooked;
  AnyModel shared(std::ref(hooked));
  AnyModel copy(hooked);
  hooked.inferred = &inferred;
  const std::vector<std::byte> bytes(8);
  copy.infer({bytes, 1, {.shape = {8}}});
  CHECK(inferred == 0);
  shared.infer({bytes, 1, {.shape = {8}}});
  CHECK(inferred == 1);
}
