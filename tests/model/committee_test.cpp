#include "quarry/model/committee.hpp"

#include <atomic>
#include <cmath>

#include "quarry/model/toy_model.hpp"
#include "quarry/testing/check_model.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using quarry::test::error_id;

namespace {

const SampleSpec spec{.shape = {4, 4, 3}};

ToyModel toy(std::uint64_t seed, std::uint64_t head_seed) {
  return ToyModel({.input = spec,
                   .classes = 3,
                   .embedding_dim = 5,
                   .seed = seed,
                   .head_seed = head_seed});
}

std::vector<std::byte> pixels(std::size_t rows) {
  std::vector<std::byte> bytes(rows * spec.bytes());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i * 37 % 251);
  return bytes;
}

/// Counts how often it runs whole.
struct Counted {
  ToyModel model;
  std::atomic<int>* runs = nullptr;

  Predictions infer(const SlabView& slab) {
    ++*runs;
    return model.infer(slab);
  }
  Predictions head(const Matrix& e) { return model.head(e); }
  std::string backbone() const { return model.backbone(); }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  Counted replicate() const { return *this; }
};

/// The same, and might learn.
struct Learner {
  Counted counted;

  Predictions infer(const SlabView& slab) { return counted.infer(slab); }
  Predictions head(const Matrix& e) { return counted.head(e); }
  std::string backbone() const { return counted.backbone(); }
  std::size_t embedding_dim() const { return counted.embedding_dim(); }
  SampleSpec input() const { return counted.input(); }
  std::vector<std::string> classes() const { return counted.classes(); }
  std::string fingerprint() const { return counted.fingerprint(); }
  Learner replicate() const { return *this; }
  FitReport fit(const TrainingSet&, const FitOptions&) { return {}; }
};
static_assert(TrainableModel<Learner> && HeadModel<Learner>);

/// Says the same of every sample.
struct Says {
  float first = 0;
  Task kind = Task::multiclass;

  Predictions infer(const SlabView& slab) {
    Predictions p;
    p.probabilities.resize(static_cast<Eigen::Index>(slab.rows), 2);
    p.probabilities.col(0).setConstant(first);
    p.probabilities.col(1).setConstant(1 - first);
    p.logits = p.probabilities;
    p.embeddings.resize(p.logits.rows(), 0);
    return p;
  }
  SampleSpec input() const { return spec; }
  std::vector<std::string> classes() const { return {"a", "b"}; }
  std::string fingerprint() const { return std::to_string(first); }
  Says replicate() const { return *this; }
  Task task() const { return kind; }
};

}  // namespace

TEST_CASE(
    "a committee's passes are what its members say, its probabilities "
    "their mean") {
  std::vector<ToyModel> members{toy(1, 1), toy(2, 2), toy(1, 3)};
  Committee committee({members[0], members[1], members[2]});
  CHECK(committee.members() == 3);
  CHECK(committee.backbones() == 2);
  const std::vector<std::byte> bytes = pixels(6);
  const SlabView slab{bytes, 6, spec};
  const StochasticPredictions passes = committee.infer_stochastic(slab, 3, 0);
  REQUIRE(passes.passes == 3);
  Matrix mean = Matrix::Zero(6, 3);
  for (Eigen::Index k = 0; k < 3; ++k) {
    const Predictions one = members[static_cast<std::size_t>(k)].infer(slab);
    CHECK(passes.probabilities.middleRows(k * 6, 6) == one.probabilities);
    mean += one.probabilities;
  }
  mean /= 3;
  const Predictions all = committee.infer(slab);
  CHECK((all.probabilities - mean).cwiseAbs().maxCoeff() < 1e-6F);
  CHECK((all.logits.array().exp().matrix() - mean).cwiseAbs().maxCoeff() <
        1e-6F);
  CHECK(all.embeddings == members[0].infer(slab).embeddings);
  CHECK_THROWS_AS(committee.infer_stochastic(slab, 2, 0), Error);
}

TEST_CASE("a backbone that members share runs once a batch") {
  std::atomic<int> runs{0};
  std::vector<AnyModel> members;
  for (const std::uint64_t head : {1, 2, 3, 4})
    members.emplace_back(Counted{toy(7, head), &runs});
  members.emplace_back(Counted{toy(8, 1), &runs});
  Committee committee(std::move(members));
  CHECK(committee.backbones() == 2);
  const std::vector<std::byte> bytes = pixels(2);
  runs = 0;
  committee.infer_stochastic({bytes, 2, spec}, 5, 0);
  CHECK(runs == 2);
  committee.replicate().infer({bytes, 2, spec});
  CHECK(runs == 4);
}

TEST_CASE("members that learn run whole, for their backbones may part") {
  std::atomic<int> runs{0};
  const Learner one{{toy(7, 1), &runs}};
  const Learner two{{toy(7, 2), &runs}};
  Committee committee({one, two});
  CHECK(committee.backbones() == 2);
  const std::vector<std::byte> bytes = pixels(2);
  committee.infer({bytes, 2, spec});
  CHECK(runs == 2);
}

TEST_CASE("a committee keeps the laws of a model") {
  const Committee committee({toy(1, 1), toy(1, 2), toy(2, 1)});
  CHECK(testing::check_model(committee).text().empty());
  CHECK(testing::check_model(Committee({toy(1, 1)})).text().empty());
}

TEST_CASE("what all members rule out is no infinity") {
  const std::vector<std::byte> bytes = pixels(1);
  const SlabView slab{bytes, 1, spec};
  CHECK(Committee({Says{0}, Says{0}}).infer(slab).logits.allFinite());
  Committee labels({Says{0.25F, Task::multilabel},
                    Says{0.75F, Task::multilabel},
                    Says{0.8F, Task::multilabel}});
  CHECK(labels.infer(slab).logits(0, 0) ==
        Approx(std::log(0.6 / 0.4)).epsilon(1e-5));
  Committee regression({Says{3, Task::regression}, Says{5, Task::regression}});
  CHECK(regression.infer(slab).logits(0, 0) == 4);
  CHECK(regression.task() == Task::regression);
}

TEST_CASE("members that do not fit are named") {
  const auto id = [](std::vector<AnyModel> members) {
    return error_id([&] { const Committee c(std::move(members)); });
  };
  CHECK(id({}) == "model.committee");
  CHECK(id({toy(1, 1), ToyModel({.input = spec, .classes = 4})}) ==
        "model.committee");
  CHECK(id({toy(1, 1), ToyModel({.input = {.shape = {9}}, .classes = 3})}) ==
        "model.committee");
  CHECK(id({Says{0}, Says{0, Task::multilabel}}) == "model.committee");
  try {
    const Committee c({toy(1, 1), toy(2, 1), ToyModel({.classes = 3})});
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("member 3") != std::string::npos);
  }
}

TEST_CASE("a committee is another when a member or their order is") {
  const std::string ab = Committee({toy(1, 1), toy(2, 2)}).fingerprint();
  CHECK(Committee({toy(2, 2), toy(1, 1)}).fingerprint() != ab);
  CHECK(Committee({toy(1, 1)}).fingerprint() != ab);
  CHECK(Committee({toy(1, 1), toy(2, 2)}).fingerprint() == ab);
}
