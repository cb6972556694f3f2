#include "quarry/testing/check_model.hpp"

#include <chrono>
#include <functional>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
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

/// A model whose head is not that of `infer`.
struct OffHead : ToyModel {
  std::string replica_backbone = backbone_of_toys();
  float off = 0.0F;

  static std::string backbone_of_toys() { return ToyModel().backbone(); }
  std::string backbone() const { return replica_backbone; }
  Predictions head(const Matrix& embeddings) {
    Predictions p = ToyModel::head(embeddings);
    p.logits(1, 2) += off;
    return p;
  }
  OffHead replicate() const {
    OffHead replica = *this;
    replica.replica_backbone = backbone_of_toys();
    return replica;
  }
};
static_assert(HeadModel<OffHead> && HeadModel<ToyModel>);

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

TEST_CASE("a head gives what the whole model gives, or is found out") {
  CHECK(check_model(OffHead(), {.batch = 5}).ok());
  OffHead off;
  off.off = 1e-6F;
  CHECK(check_model(off, {.batch = 5})
            .text()
            .find("head(embeddings).logits == infer(v).logits") !=
        std::string::npos);
  off.off = 0.0F;
  SECTION("without a backbone it is not asked") {
    off.off = 1.0F;
    off.replica_backbone = "";
    CHECK(check_model(off, {.batch = 5}).ok());
  }
  SECTION("replicas have the same") {
    off.replica_backbone = "another";
    CHECK(
        check_model(off, {.batch = 5}).text().find("replicate().backbone()") !=
        std::string::npos);
  }
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

namespace {

/// logits = x W + b of four bytes, x = bytes / 127.5 − 1: models every
/// refinement, and breaks one law when told to.
struct Refined {
  enum class Flaw {
    none,
    never_done,
    done_twice,
    row_not_written,
    fails,
    seed_ignored,
    passes_alike,
    mask_by_row,
    mask_by_count,
    unnormalised,
    dropout_stays,
    gradient_negated,
    gradient_zero,
    other_logits,
    gradient_of_neighbour,
    forgets_to_learn,
    same_print,
    takes_any_label,
    short_report,
  };
  struct Weights {
    Matrix w = Matrix{{1, -1, 0.5F}, {0, 2, -1}, {-2, 0, 1}, {0.5F, 1, 0}};
    int version = 0;
    bool noisy = false;
  };

  Flaw flaw = Flaw::none;
  std::shared_ptr<Weights> weights = std::make_shared<Weights>();

  static constexpr std::size_t inputs = 4;
  SampleSpec input() const { return {.shape = {inputs}}; }
  std::vector<std::string> classes() const { return {"a", "b", "c"}; }
  std::string fingerprint() const {
    return "refined " + std::to_string(weights->version);
  }
  Refined replicate() const { return *this; }

  static Predictions of(const Matrix& logits) {
    Matrix p = logits.array().exp();
    for (Eigen::Index r = 0; r < p.rows(); ++r) p.row(r) /= p.row(r).sum();
    return {logits, p, Matrix(logits.rows(), 0)};
  }
  Matrix preprocess(const SlabView& v) const {
    Matrix x(v.rows, inputs);
    for (std::size_t i = 0; i < v.bytes.size(); ++i)
      x.data()[i] = static_cast<float>(v.bytes[i]) / 127.5F - 1;
    return x;
  }
  /// Row by row, so that no row depends on its place.
  Matrix logits_of(const Matrix& x) const {
    Matrix out = Matrix::Zero(x.rows(), 3);
    for (Eigen::Index r = 0; r < x.rows(); ++r)
      for (Eigen::Index i = 0; i < x.cols(); ++i)
        out.row(r) += x(r, i) * weights->w.row(i);
    return out;
  }
  Predictions infer(const SlabView& v) {
    Matrix logits = logits_of(preprocess(v));
    if (weights->noisy) logits *= 0.5F;
    return of(logits);
  }

  void submit(const SlabView& v, PredictionSink& sink,
              InferDone done) noexcept {
    if (flaw == Flaw::never_done) return;
    if (flaw == Flaw::fails) return done(Failure{"model.infer", "no luck"});
    const Predictions p = infer(v);
    const Eigen::Index rows =
        p.logits.rows() - (flaw == Flaw::row_not_written ? 1 : 0);
    sink.logits.topRows(rows) = p.logits.topRows(rows);
    sink.probabilities.topRows(rows) = p.probabilities.topRows(rows);
    done({});
    if (flaw == Flaw::done_twice) done({});
  }

  StochasticPredictions infer_stochastic(const SlabView& v, std::size_t passes,
                                         std::uint64_t seed) {
    if (flaw == Flaw::dropout_stays) weights->noisy = true;
    if (flaw == Flaw::seed_ignored) seed = 0;
    if (flaw == Flaw::mask_by_count) seed += passes;
    const auto rows = static_cast<Eigen::Index>(v.rows);
    StochasticPredictions out{passes, Matrix(passes * v.rows, 3)};
    for (std::size_t k = 0; k < passes; ++k) {
      Matrix x = preprocess(v);
      const std::uint64_t pass = flaw == Flaw::passes_alike ? 0 : k;
      for (Eigen::Index r = 0; r < rows; ++r) {
        RandomStream mask = RandomStream(seed).derive(pass);
        if (flaw == Flaw::mask_by_row)
          mask = mask.derive(static_cast<std::uint64_t>(r));
        for (Eigen::Index i = 0; i < x.cols(); ++i)
          if (mask.below(2) == 0) x(r, i) = 0;
      }
      Matrix p = of(logits_of(x)).probabilities;
      if (flaw == Flaw::unnormalised) p *= 2;
      out.probabilities.middleRows(static_cast<Eigen::Index>(k) * rows, rows) =
          p;
    }
    return out;
  }

  InputGradient gradient(const Matrix& x, const Matrix& cotangent) const {
    InputGradient out{logits_of(x), Matrix::Zero(x.rows(), x.cols())};
    for (Eigen::Index r = 0; r < x.rows(); ++r) {
      const Eigen::Index from =
          flaw == Flaw::gradient_of_neighbour ? (r + 1) % x.rows() : r;
      for (Eigen::Index i = 0; i < x.cols(); ++i)
        out.gradient(r, i) = cotangent.row(from).dot(weights->w.row(i));
    }
    if (flaw == Flaw::gradient_negated) out.gradient *= -1;
    if (flaw == Flaw::gradient_zero) out.gradient.setZero();
    if (flaw == Flaw::other_logits) out.logits.array() += 1;
    return out;
  }

  FitReport fit(const TrainingSet& set, const FitOptions& options) {
    for (const std::int64_t label : set.labels)
      if (label > 2 && flaw != Flaw::takes_any_label)
        raise("fit.labels", "no such class");
    if (flaw != Flaw::forgets_to_learn) weights->w *= 1.5F;
    if (flaw != Flaw::same_print) ++weights->version;
    FitReport report;
    report.samples = set.samples.rows;
    report.seed = options.seed;
    report.epochs.resize(options.epochs - (flaw == Flaw::short_report ? 1 : 0));
    return report;
  }
};

static_assert(StochasticModel<Refined> && DifferentiableModel<Refined>);
static_assert(TrainableModel<Refined> && AsyncModel<Refined>);

testing::LawReport check_refined(Refined::Flaw flaw, bool fit = true) {
  return check_model(Refined{flaw}, {.batch = 6,
                                     .tolerance = 1e-6,
                                     .patience = std::chrono::milliseconds(50),
                                     .fit = fit});
}

}  // namespace

TEST_CASE("a model that refines the concept lawfully has an empty report") {
  CHECK(check_refined(Refined::Flaw::none).text() == "");
  // Also by reference, and then it is this one that learns.
  Refined model;
  CHECK(check_model(std::ref(model), {.tolerance = 1e-6, .fit = true}).ok());
  CHECK(model.weights->version == 1);
  CHECK(check_model(std::ref(model), {.tolerance = 1e-6}).ok());
  CHECK(model.weights->version == 1);
}

TEST_CASE("each broken law of a refinement is found and named") {
  using Flaw = Refined::Flaw;
  const std::vector<std::pair<Flaw, std::string>> flaws{
      {Flaw::never_done, "submit calls done exactly once: it has not"},
      {Flaw::done_twice, "submit calls done exactly once: 2 times"},
      {Flaw::row_not_written,
       "submit writes infer(v) into every row: logits: row 5"},
      {Flaw::fails, "submit does what infer does: no luck"},
      {Flaw::seed_ignored, "another seed gives other passes"},
      {Flaw::passes_alike, "passes differ: four gave the same"},
      {Flaw::mask_by_row, "a pass is one model for every row"},
      {Flaw::mask_by_count, "a pass does not depend on how many there are"},
      {Flaw::unnormalised, "stochastic probabilities are probabilities"},
      {Flaw::dropout_stays, "infer is what it was before infer_stochastic"},
      {Flaw::gradient_negated, "gradient is the slope of the logits"},
      {Flaw::gradient_zero, "gradient is the slope of the logits"},
      {Flaw::other_logits,
       "gradient(preprocess(v), c).logits == infer(v).logits"},
      {Flaw::gradient_of_neighbour, "gradient(P x, P c) == P gradient(x, c)"},
      {Flaw::forgets_to_learn, "infer uses the new weights"},
      {Flaw::same_print, "fit changes the fingerprint"},
      {Flaw::takes_any_label, "fit refuses a label that is no class"},
      {Flaw::short_report, "fit reports every epoch: 1 of 2"},
  };
  for (const auto& [flaw, law] : flaws) {
    const auto report = check_refined(flaw);
    INFO(law << '\n' << report.text());
    CHECK(report.text().find(law) != std::string::npos);
  }
}
