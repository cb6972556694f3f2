#include "quarry/strategy/hybrid/expected_error_reduction.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/top_k.hpp"

#include "strategy/combine/parts.hpp"
#include "strategy/known_labels.hpp"
#include "strategy/softmax_regression.hpp"

namespace quarry {

void ExpectedErrorReductionOptions::validate() const {
  detail::expect_option(std::isfinite(lambda) && lambda > 0.0, "lambda", lambda,
                        "finite and above 0");
}

namespace detail {
namespace {

class Expectation {
 public:
  Expectation(const PoolView& pool, double lambda,
              const std::function<double(const Prediction&)>& loss,
              const std::function<Flow()>& go_on)
      : pool_(pool),
        lambda_(lambda),
        loss_(loss),
        go_on_(go_on),
        probabilities_(pool.input(inputs::probabilities)),
        known_(ground_of(pool)),
        rows_(kernels::RowSet(pool.input(inputs::embeddings), known_)) {
    const auto labels = known_labels(pool);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] < 0) continue;
      const auto label = static_cast<std::size_t>(labels[i]);
      if (label >= probabilities_.cols()) {
        raise("strategy.input_shape",
              "labelled row " + std::to_string(pool.labelled()[i]) +
                  " is of class " + std::to_string(label) +
                  ", but probabilities is " + probabilities_.describe(),
              "classes are numbers from 0 below C");
      }
      labelled_.push_back({.row = place(pool.labelled()[i]), .label = label});
    }
    trained_ = fit_softmax(rows_, labelled_,
                           SoftmaxModel(rows_.width(), probabilities_.cols()),
                           lambda_, go_on_);
  }

  /// The mean loss of the pool that is expected once `row` has its label.
  double of(std::size_t row) const {
    std::vector<double> p(probabilities_.cols());
    probabilities_.read_row(row, std::span(p));
    std::vector<Example> examples = labelled_;
    examples.push_back({.row = place(row)});
    double sum = 0.0;
    for (std::size_t y = 0; y < p.size(); ++y) {
      if (p[y] == 0.0) continue;
      examples.back().label = y;
      sum += p[y] *
             mean_loss(fit_softmax(rows_, examples, trained_, lambda_, go_on_));
    }
    return sum;
  }

 private:
  std::size_t place(std::size_t row) const {
    const auto at = std::lower_bound(known_.begin(), known_.end(), row);
    return static_cast<std::size_t>(at - known_.begin());
  }

  double mean_loss(const SoftmaxModel& model) const {
    std::vector<double> x(rows_.width()), p(model.classes);
    double sum = 0.0;
    for (const std::size_t row : pool_.candidates()) {
      rows_.read(place(row), x);
      model.logits(x, p);
      softmax(p);
      sum += loss_({.probabilities = RowView(
                        p.data(), static_cast<Eigen::Index>(p.size()))});
    }
    return sum / static_cast<double>(pool_.candidates().size());
  }

  const PoolView& pool_;
  double lambda_;
  const std::function<double(const Prediction&)>& loss_;
  const std::function<Flow()>& go_on_;
  const ArrayView& probabilities_;
  std::vector<std::size_t> known_;  // rows, ascending
  StandardRows rows_;               // those
  std::vector<Example> labelled_;
  SoftmaxModel trained_;
};

/// The candidates to look at.
std::vector<std::size_t> drawn(const PoolView& pool, std::size_t count,
                               const RandomStream& random) {
  std::vector<std::size_t> rows =
      in_random_order(pool, random.derive("expected_error_reduction"));
  rows.resize(std::min(rows.size(), count));
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

std::vector<RankedPick> pick_by_expected_error(
    const ExpectedErrorReductionOptions& options, const PoolView& pool,
    std::size_t budget, SelectContext& context,
    const std::function<double(const Prediction&)>& loss) {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::vector<std::size_t> rows =
      drawn(pool,
            options.candidates == 0 ? candidates
                                    : std::max(options.candidates, budget),
            context.random);
  std::atomic<std::size_t> done = 0;
  Ticker ticker(context, rows.size());
  const std::function<Flow()> go_on = [&] {
    return ticker.stop(done) ? Flow::stop : Flow::go_on;
  };
  const Expectation expectation(pool, options.lambda, loss, go_on);
  std::vector<double> scores(rows.size());
  parallel_blocks(rows.size(), 1, context.threads,
                  [&](std::size_t i, std::size_t) {
                    if (go_on() == Flow::stop) return;
                    scores[i] = -expectation.of(rows[i]);
                    // A fit that was cut short says nothing.
                    if (go_on() == Flow::go_on) ++done;
                  });
  ticker.finish(done);
  if (done < rows.size()) return {};
  TopK top(budget, PickOrder(context.ties));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    top.push({scores[i], pool.key(rows[i]), rows[i]});
  }
  return top.sorted();
}

std::size_t expected_error_bytes(const PoolView& pool, std::size_t threads) {
  const std::size_t labelled = pool.labelled().size();
  const std::size_t candidates = pool.candidates().size();
  return (candidates + labelled) * sizeof(std::size_t) +
         candidates * (2 * sizeof(ScoredRow) + 2 * sizeof(double)) +
         threads * ((labelled + 1) * sizeof(Example) +
                    softmax_bytes(pool.input(inputs::embeddings).cols(),
                                  pool.input(inputs::probabilities).cols()));
}

}  // namespace detail

}  // namespace quarry
