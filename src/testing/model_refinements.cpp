#include "testing/model_refinements.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

namespace quarry::testing {
namespace {

using Index = Eigen::Index;

/// One batch given to an asynchronous model, and what came back. The model's
/// `done` holds it, so that it lives as long as the model may write to it.
struct Submission {
  std::vector<std::byte> bytes;
  SlabView view;
  Matrix logits;
  Matrix probabilities;
  Matrix embeddings;
  std::unique_ptr<PredictionSink> sink;
  std::mutex mutex;
  std::condition_variable called;
  std::size_t calls = 0;
  std::string failure;
};

MatrixRef ref(Matrix& matrix) {
  return {matrix.data(), matrix.rows(), matrix.cols()};
}

std::string shape_of(const Matrix& m) {
  return '[' + std::to_string(m.rows()) + ", " + std::to_string(m.cols()) + ']';
}

/// What infers may be made faster than what has gradients, and compute in fewer
/// bits, for which a tolerance is given.
constexpr double gradient_tolerance = 1e-4;

class RefinementChecker {
 public:
  RefinementChecker(AnyModel& model, const detail::ModelRefinements& can,
                    const SlabView& batch, const Predictions& expected,
                    const CheckModelOptions& options, Violations& violations)
      : model_(model),
        can_(can),
        batch_(batch),
        expected_(expected),
        options_(options),
        violations_(violations),
        random_(RandomStream(options.seed).derive("check_refinements")),
        order_(batch.rows) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    random_.shuffle(std::span(order_));
    const std::size_t row = batch.spec.bytes();
    for (const std::size_t from : order_) {
      const auto bytes = batch.bytes.subspan(from * row, row);
      permuted_.insert(permuted_.end(), bytes.begin(), bytes.end());
    }
  }

  void run() {
    if (model_.is_async()) check_async();
    if (!model_.backbone().empty()) check_head();
    if (can_.infer_stochastic && can_.has_dropout()) check_stochastic();
    if (can_.gradient) check_gradient();
    if (can_.fit && options_.fit) check_fit();
  }

 private:
  SlabView permuted() const { return {permuted_, batch_.rows, batch_.spec}; }

  static bool equal(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(a));
  }

  /// Row `i` of `a` against row `j` of `b`.
  void same_row(const std::string& law, const Matrix& a, Index i,
                const Matrix& b, Index j) {
    same_row(law, a, i, b, j, options_.tolerance);
  }
  void same_row(const std::string& law, const Matrix& a, Index i,
                const Matrix& b, Index j, double tolerance) {
    for (Index c = 0; c < a.cols(); ++c) {
      if (equal(a(i, c), b(j, c), tolerance)) continue;
      violations_.add(law, "row " + std::to_string(j) + ", column " +
                               std::to_string(c) + ": " +
                               std::to_string(a(i, c)) + ", then " +
                               std::to_string(b(j, c)));
      return;
    }
  }

  void same(const std::string& law, const Matrix& a, const Matrix& b) {
    for (Index r = 0; r < a.rows(); ++r) same_row(law, a, r, b, r);
  }

  bool has_shape(const std::string& what, const Matrix& m, Index rows,
                 Index cols) {
    if (m.rows() == rows && m.cols() == cols) return true;
    violations_.add(
        what + " has the shape it announces",
        "it is " + shape_of(m) + ", not " + shape_of(Matrix(rows, cols)));
    return false;
  }

  // submit(v, sink, done)

  std::shared_ptr<Submission> submit(bool with_embeddings) {
    auto job = std::make_shared<Submission>();
    job->bytes.assign(batch_.bytes.begin(), batch_.bytes.end());
    job->view = {job->bytes, batch_.rows, batch_.spec};
    const auto unwritten = [](const Matrix& like) -> Matrix {
      return Matrix::Constant(like.rows(), like.cols(),
                              std::numeric_limits<float>::quiet_NaN());
    };
    job->logits = unwritten(expected_.logits);
    job->probabilities = unwritten(expected_.probabilities);
    job->embeddings = with_embeddings ? unwritten(expected_.embeddings)
                                      : Matrix(expected_.logits.rows(), 0);
    job->sink = std::make_unique<PredictionSink>(PredictionSink{
        ref(job->logits), ref(job->probabilities), ref(job->embeddings)});
    model_.submit(job->view, *job->sink, [job](Result<void> result) {
      const std::lock_guard lock(job->mutex);
      ++job->calls;
      if (!result) job->failure = result.error().message;
      job->called.notify_all();
    });
    return job;
  }

  void check_async() {
    std::vector<std::shared_ptr<Submission>> jobs;
    for (const bool with_embeddings : {true, false}) {
      const auto job = jobs.emplace_back(submit(with_embeddings));
      std::unique_lock lock(job->mutex);
      const bool called = job->called.wait_for(lock, options_.patience,
                                               [&] { return job->calls > 0; });
      if (!called) {
        violations_.add("submit calls done exactly once",
                        "it has not within the time given");
        return;
      }
      if (!job->failure.empty()) {
        violations_.add("submit does what infer does", job->failure);
        return;
      }
      const std::string law = "submit writes infer(v) into every row: ";
      same(law + "logits", expected_.logits, job->logits);
      same(law + "probabilities", expected_.probabilities, job->probabilities);
      if (with_embeddings)
        same(law + "embeddings", expected_.embeddings, job->embeddings);
    }
    for (const auto& job : jobs) {
      const std::lock_guard lock(job->mutex);
      if (job->calls == 1) continue;
      violations_.add("submit calls done exactly once",
                      std::to_string(job->calls) + " times");
    }
  }

  // head(embeddings)

  void check_head() {
    const Predictions said = model_.head(expected_.embeddings);
    const auto bits = [&](const char* law, const Matrix& a, const Matrix& b) {
      if (has_shape(law, b, a.rows(), a.cols()) && a != b)
        violations_.add(law, "they differ");
    };
    bits("head(embeddings).logits == infer(v).logits", expected_.logits,
         said.logits);
    bits("head(embeddings).probabilities == infer(v).probabilities",
         expected_.probabilities, said.probabilities);
    if (model_.backbone() != model_.replicate().backbone())
      violations_.add("replicate().backbone() == backbone()", "they differ");
  }

  // infer_stochastic(v, passes, seed)

  void check_stochastic() {
    const auto rows = static_cast<Index>(batch_.rows);
    const std::size_t members = model_.members();
    const std::size_t passes = members > 0 ? members : 4;
    const auto infer = [&](const SlabView& v, std::size_t k,
                           std::uint64_t seed) -> Matrix {
      const StochasticPredictions p = can_.infer_stochastic(v, k, seed);
      const auto count = static_cast<Index>(k);
      if (p.passes != k)
        violations_.add("infer_stochastic gives the passes asked for",
                        std::to_string(p.passes));
      return has_shape("infer_stochastic", p.probabilities, count * rows,
                       expected_.logits.cols())
                 ? p.probabilities
                 : Matrix();
    };
    const Matrix first = infer(batch_, passes, 1);
    if (first.size() == 0) return;
    for (Index r = 0; r < first.rows(); ++r) {
      const auto row = first.row(r).array();
      const double sum = first.row(r).cast<double>().sum();
      const bool fits = options_.task == Task::regression
                            ? row.isFinite().all()
                            : (row >= 0.0F && row <= 1.0F).all();
      if (!fits ||
          (options_.task == Task::multiclass && !(std::abs(sum - 1) <= 1e-5)))
        violations_.add("stochastic probabilities are probabilities",
                        "row " + std::to_string(r));
    }
    const Matrix again = infer(batch_, passes, 1);
    // Members are so many as they are, whatever the seed.
    const Matrix more =
        members > 0 ? infer(batch_, passes, 2) : infer(batch_, passes + 1, 1);
    const Matrix moved = infer(permuted(), passes, 1);
    if (again.size() == 0 || more.size() == 0 || moved.size() == 0) return;
    same("infer_stochastic is a function of the seed", first, again);
    same("a pass does not depend on how many there are", first,
         more.topRows(first.rows()));
    for (Index k = 0; k < static_cast<Index>(passes); ++k) {
      for (Index r = 0; r < rows; ++r) {
        const auto from =
            static_cast<Index>(order_[static_cast<std::size_t>(r)]);
        same_row("a pass is one model for every row", first, k * rows + from,
                 moved, k * rows + r);
      }
    }
    same("infer is what it was before infer_stochastic", expected_.logits,
         model_.infer(batch_).logits);
    if (members == 0) check_drawn(first, infer);
  }

  /// Passes that are drawn, not members of a committee.
  template <class Infer>
  void check_drawn(const Matrix& first, const Infer& infer) {
    const auto rows = static_cast<Index>(batch_.rows);
    const auto passes = static_cast<std::size_t>(first.rows() / rows);
    const auto pass = [&](const Matrix& m, Index k) -> Matrix {
      return m.middleRows(k * rows, rows);
    };
    bool passes_differ = false;
    for (Index k = 1; k < static_cast<Index>(passes); ++k)
      passes_differ = passes_differ || pass(first, k) != pass(first, 0);
    if (!passes_differ) violations_.add("passes differ", "four gave the same");
    bool seeds_differ = false;
    for (std::uint64_t seed = 2; seed < 5; ++seed)
      seeds_differ = seeds_differ || infer(batch_, passes, seed) != first;
    if (!seeds_differ)
      violations_.add("another seed gives other passes", "four gave the same");
  }

  // preprocess(v), gradient(x, cotangent)

  Matrix normal(Index rows, Index cols) {
    Matrix m(rows, cols);
    for (Index i = 0; i < m.size(); ++i)
      m.data()[i] = static_cast<float>(random_.normal());
    return m;
  }

  void check_gradient() {
    const Index rows = expected_.logits.rows();
    const Matrix x = can_.preprocess(batch_);
    if (!has_shape("preprocess", x, rows, x.cols())) return;
    const Matrix cotangent = normal(rows, expected_.logits.cols());
    const InputGradient at = can_.gradient(x, cotangent);
    if (!has_shape("gradient: logits", at.logits, rows, cotangent.cols()) ||
        !has_shape("gradient: gradient", at.gradient, rows, x.cols()))
      return;
    for (Index r = 0; r < rows; ++r) {
      same_row("gradient(preprocess(v), c).logits == infer(v).logits",
               expected_.logits, r, at.logits, r,
               std::max(8.0 * options_.tolerance, gradient_tolerance));
    }
    const Matrix nothing = Matrix::Zero(rows, cotangent.cols());
    const InputGradient none = can_.gradient(x, nothing);
    same("gradient(x, 0).logits == gradient(x, c).logits", at.logits,
         none.logits);
    if (none.gradient.rows() != rows || !none.gradient.isZero(0))
      violations_.add("gradient(x, 0).gradient == 0", "it is not");
    check_rows(x, cotangent, at);
    // A little beside: where an image is flat, all numbers of a window are its
    // largest, and slopes to both sides differ.
    const Matrix beside = x + 0.01F * normal(rows, x.cols());
    const InputGradient there = can_.gradient(beside, cotangent);
    // Along the gradient itself, where a wrong one shows most, and across.
    check_direction(beside, cotangent, there, there.gradient);
    check_direction(beside, cotangent, there, normal(rows, x.cols()));
  }

  void check_rows(const Matrix& x, const Matrix& cotangent,
                  const InputGradient& at) {
    Matrix moved_x = x;
    Matrix moved_c = cotangent;
    for (std::size_t r = 0; r < order_.size(); ++r) {
      moved_x.row(static_cast<Index>(r)) = x.row(static_cast<Index>(order_[r]));
      moved_c.row(static_cast<Index>(r)) =
          cotangent.row(static_cast<Index>(order_[r]));
    }
    const InputGradient moved = can_.gradient(moved_x, moved_c);
    for (std::size_t r = 0; r < order_.size(); ++r) {
      same_row("gradient(P x, P c) == P gradient(x, c)", at.gradient,
               static_cast<Index>(order_[r]), moved.gradient,
               static_cast<Index>(r), std::max(options_.tolerance, 1e-5));
    }
  }

  /// The slope of Σ_c cotangent · logit along a direction, row by row, against
  /// central differences: one of them, since a step may go past a kink.
  void check_direction(const Matrix& x, const Matrix& cotangent,
                       const InputGradient& at, const Matrix& direction) {
    constexpr std::array steps = {1.0 / 64, 1.0 / 256, 1.0 / 1024};
    Matrix unit = direction;
    for (Index r = 0; r < unit.rows(); ++r) {
      const float length = unit.row(r).norm();
      if (length > 0) unit.row(r) /= length;
    }
    const auto value = [&](double h) -> Eigen::VectorXd {
      const Matrix there = x + static_cast<float>(h) * unit;
      const Matrix logits = can_.gradient(there, cotangent).logits;
      return (logits.cast<double>().array() * cotangent.cast<double>().array())
          .rowwise()
          .sum();
    };
    std::vector<Eigen::VectorXd> slopes;
    for (const double step : steps)
      slopes.push_back((value(step) - value(-step)) / (2 * step));
    for (Index r = 0; r < x.rows(); ++r) {
      const Eigen::VectorXd g = at.gradient.row(r).cast<double>();
      const double claimed = g.dot(unit.row(r).cast<double>());
      const auto agrees = [&](const Eigen::VectorXd& slope) {
        const double scale = std::max({g.norm(), std::abs(slope(r)), 1e-3});
        return std::abs(slope(r) - claimed) <= options_.slope_tolerance * scale;
      };
      if (std::any_of(slopes.begin(), slopes.end(), agrees)) continue;
      violations_.add("gradient is the slope of the logits",
                      "row " + std::to_string(r) + ": " +
                          std::to_string(claimed) + ", but differences give " +
                          std::to_string(slopes.front()(r)));
    }
  }

  // fit(set, options)

  void check_fit() {
    const std::string before = model_.fingerprint();
    std::vector<std::int64_t> labels(batch_.rows);
    const auto classes = static_cast<std::int64_t>(expected_.logits.cols());
    for (std::size_t i = 0; i < labels.size(); ++i)
      labels[i] = static_cast<std::int64_t>(i) % classes;

    std::vector<std::int64_t> wrong = labels;
    wrong.front() = classes;
    try {
      can_.fit({batch_, wrong}, {.epochs = 1});
      violations_.add("fit refuses a label that is no class", "it did not");
    } catch (const Error&) {
      if (model_.fingerprint() != before)
        violations_.add("an error of fit leaves the model as it was",
                        "another fingerprint");
      same("an error of fit leaves the model as it was", expected_.logits,
           model_.infer(batch_).logits);
    }

    const FitReport report =
        can_.fit({batch_, labels}, {.epochs = 2, .seed = options_.seed});
    if (report.epochs.size() != 2 || report.stopped)
      violations_.add("fit reports every epoch",
                      std::to_string(report.epochs.size()) + " of 2");
    if (report.samples != batch_.rows || report.seed != options_.seed)
      violations_.add("fit reports its samples and its seed", "it does not");
    if (model_.fingerprint() == before)
      violations_.add("fit changes the fingerprint", "it is the same");
    const Predictions after = model_.infer(batch_);
    if (after.logits == expected_.logits)
      violations_.add("infer uses the new weights", "it gives what it gave");
    if (!after.logits.allFinite())
      violations_.add("logits are finite", "not after fit");
  }

  AnyModel& model_;
  const detail::ModelRefinements& can_;
  const SlabView& batch_;
  const Predictions& expected_;
  const CheckModelOptions& options_;
  Violations& violations_;
  RandomStream random_;
  std::vector<std::size_t> order_;
  std::vector<std::byte> permuted_;
};

}  // namespace

void check_refinements(AnyModel& model,
                       const detail::ModelRefinements& refinements,
                       const SlabView& batch, const Predictions& expected,
                       const CheckModelOptions& options,
                       Violations& violations) {
  RefinementChecker(model, refinements, batch, expected, options, violations)
      .run();
}

}  // namespace quarry::testing
