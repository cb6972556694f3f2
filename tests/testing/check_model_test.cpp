#include "quarry/testing/check_model.hpp"

#include <functional>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/model/toy_model.hpp"

#include "catch.hpp"

using namespace quarry;
using testing::check_model;

namespace {

/// A model that obeys every law, and one way to break one.
struct Broken {
  std::function<void(const SlabView&, Predictions&)> spoil = {};
  std::vector<std::string> names = ToyModel().classes();
  std::string print = "broken";
  std::string replica_print = "broken";
  bool refuses = false;
  bool no_memory = false;

  Predictions infer(const SlabView& slab) {
    Predictions p = ToyModel().infer(slab);
    if (spoil) spoil(slab, p);
    return p;
  }
  SampleSpec input() const { return ToyModel().input(); }
  std::vector<std::string> classes() const { return names; }
  std::string fingerprint() const { return print; }
  std::size_t embedding_dim() const { return 16; }
  Broken replicate() const {
    Broken replica = *this;
    replica.print = replica_print;
    return replica;
  }
  Result<void> accepts(const SampleSpec&) const {
    if (refuses) return Failure{"model.input", "no"};
    return {};
  }
  std::shared_ptr<std::byte[]> make_slab(std::size_t n) const {
    if (no_memory) return nullptr;
    return std::make_shared<std::byte[]>(n);
  }
};

bool finds(const Broken& model, const std::string& law,
           testing::CheckModelOptions options = {}) {
  options.batch = 5;
  const auto report = check_model(model, options);
  INFO(report.text());
  return report.text().find(law) != std::string::npos;
}

}  // namespace

TEST_CASE("a model that obeys the laws has an empty report") {
  const auto report = check_model(Broken{});
  INFO(report.text());
  CHECK(report.ok());
}

TEST_CASE("each broken law of a model is found and named") {
  SECTION("a row that depends on its place") {
    CHECK(finds({.spoil =
                     [](auto&, Predictions& p) {
                       p.logits(2, 1) += 1e-6F;
                     }},
                "infer(P v) == P infer(v): logits"));
  }
  SECTION("a row that depends on its batch-mates") {
    const auto batch_mean = [](auto&, Predictions& p) {
      p.embeddings.rowwise() -= p.embeddings.colwise().mean().eval();
    };
    CHECK(finds({.spoil = batch_mean},
                "a row does not depend on its batch-mates: embeddings"));
  }
  SECTION("calls that differ") {
    auto calls = std::make_shared<int>(0);
    CHECK(finds({.spoil =
                     [calls](auto&, Predictions& p) {
                       p.logits(0, 0) += static_cast<float>((*calls)++);
                     }},
                "infer(v) == infer(v): logits"));
  }
  SECTION("probabilities that do not sum to one") {
    const auto unnormalised = [](auto&, Predictions& p) {
      p.probabilities *= 0.9F;
    };
    CHECK(finds({.spoil = unnormalised}, "probabilities sum to 1"));
    CHECK(check_model(Broken{.spoil = unnormalised}, {.task = Task::multilabel})
              .ok());
  }
  SECTION("probabilities outside [0, 1], or NaN") {
    CHECK(finds({.spoil =
                     [](auto&, Predictions& p) {
                       p.probabilities *= -1;
                     }},
                "probabilities lie in [0, 1]"));
    CHECK(finds({.spoil =
                     [](auto&, Predictions& p) {
                       p.probabilities *= NAN;
                     }},
                "probabilities lie in [0, 1]"));
  }
  SECTION("values that are not finite") {
    const auto no_embeddings = [](auto&, Predictions& p) {
      p.embeddings.setConstant(NAN);
    };
    CHECK(finds({.spoil = no_embeddings},
                "embeddings are finite: row 0 (and 4 more)"));
    const auto one_logit = [](auto&, Predictions& p) {
      p.logits(3, 1) = INFINITY;
    };
    CHECK(finds({.spoil = one_logit}, "logits are finite: row 3"));
    const auto one_probability = [](auto&, Predictions& p) {
      p.probabilities(3, 1) = NAN;
    };
    CHECK(finds({.spoil = one_probability}, "probabilities lie in [0, 1]",
                {.task = Task::multilabel}));
  }
  SECTION("a regression whose probabilities are not its logits") {
    CHECK(finds({}, "probabilities == logits", {.task = Task::regression}));
  }
  SECTION("shapes that were not announced") {
    CHECK(finds({.spoil =
                     [](auto&, Predictions& p) {
                       p.embeddings.resize(5, 3);
                     }},
                "embeddings is [5, 3], not [5, 16]"));
    CHECK(finds({.names = {"a", "b"}}, "logits is [5, 10], not [5, 2]"));
  }
  SECTION("names and fingerprints") {
    CHECK(finds({.names = std::vector<std::string>(10, "x")},
                "classes() are distinct"));
    CHECK(finds({.names = {}}, "classes() is not empty"));
    CHECK(finds({.print = "", .replica_print = ""},
                "fingerprint() is not empty"));
    CHECK(finds({.replica_print = "other"},
                "replicate().fingerprint() == fingerprint()"));
  }
  SECTION("hooks") {
    CHECK(finds({.refuses = true}, "accepts(input()): no"));
    CHECK(finds({.no_memory = true}, "make_slab(bytes) gives memory"));
  }
  SECTION("an exception") {
    CHECK(finds({.spoil =
                     [](auto&, auto&) {
                       raise("model.infer", "boom");
                     }},
                "boom"));
  }
}

TEST_CASE("the tolerance decides what counts as equal") {
  const Broken nearly{.spoil = [](auto&, Predictions& p) {
    p.logits(2, 1) += 1e-6F;
  }};
  CHECK_FALSE(check_model(nearly).ok());
  CHECK(check_model(nearly, {.tolerance = 1e-5}).ok());
}

TEST_CASE("a model is checked on the samples it is given") {
  std::vector<std::byte> bytes(2 * ToyModel().input().bytes(), std::byte{9});
  std::size_t seen = 0;
  const Broken watching{.spoil = [&](const SlabView& slab, auto&) {
    seen += slab.bytes[0] == std::byte{9} ? 1 : 0;
  }};
  check_model(watching, {.samples = {bytes, 2, ToyModel().input()}});
  CHECK(seen > 5);
}
