#include "quarry/strategy/hybrid/discriminative.hpp"

#include <algorithm>
#include <cmath>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/top_k.hpp"

#include "strategy/softmax_regression.hpp"

namespace quarry {

void LogisticDiscriminator::validate() const {
  detail::expect_option(std::isfinite(lambda) && lambda > 0.0, "lambda", lambda,
                        "finite and above 0");
}

std::vector<double> LogisticDiscriminator::log_odds(
    const DiscriminatorTask& task) const {
  const detail::StandardRows rows(task.rows);
  const auto labelled = static_cast<double>(
      std::count(task.labelled.begin(), task.labelled.end(), 1));
  const auto others = static_cast<double>(task.labelled.size()) - labelled;
  // Class 1 is what is not labelled.
  std::vector<detail::Example> examples;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool mine = task.labelled[i] != 0;
    examples.push_back({.row = i,
                        .label = mine ? 0U : 1U,
                        .weight = 0.5 / (mine ? labelled : others)});
  }
  const detail::SoftmaxModel model =
      detail::fit_softmax(rows, examples, detail::SoftmaxModel(rows.width(), 2),
                          {.lambda = lambda}, task.threads, task.go_on);
  std::vector<double> odds, x(rows.width()), logits(2);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows.read(i, x);
    model.logits(x, logits);
    odds.push_back(logits[1] - logits[0]);
  }
  return odds;
}

std::size_t LogisticDiscriminator::bytes(std::size_t rows, std::size_t width,
                                         std::size_t) const {
  return rows * (sizeof(detail::Example) + sizeof(double)) +
         detail::softmax_bytes(width, 2);
}

void DiscriminativeOptions::validate() const {
  detail::expect_at_least_one("sub_batches", sub_batches);
}

namespace detail {

std::vector<RankedPick> pick_discriminative(
    const DiscriminativeOptions& options, const PoolView& pool,
    std::size_t budget, SelectContext& context,
    const std::function<std::vector<double>(const DiscriminatorTask&)>&
        log_odds) {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  const std::size_t part =
      (budget + options.sub_batches - 1) / options.sub_batches;
  const std::vector<std::size_t> known = ground_of(pool);
  const kernels::RowSet rows(pool.input(inputs::embeddings), known);
  std::vector<std::uint8_t> labelled(known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    labelled[i] = std::binary_search(pool.labelled().begin(),
                                     pool.labelled().end(), known[i]);
  }
  std::vector<RankedPick> picks;
  Ticker ticker(context, budget);
  const std::function<Flow()> go_on = [&] {
    return ticker.stop(picks.size()) ? Flow::stop : Flow::go_on;
  };
  while (picks.size() < budget && go_on() == Flow::go_on) {
    const bool cold = picks.empty() && pool.labelled().empty();
    const std::vector<double> odds =
        cold ? std::vector<double>(known.size(), 0.0)
             : log_odds({.rows = rows,
                         .labelled = labelled,
                         .threads = context.threads,
                         .go_on = go_on});
    if (go_on() == Flow::stop) break;
    TopK top(std::min(part, budget - picks.size()), PickOrder(context.ties));
    for (std::size_t i = 0; i < known.size(); ++i) {
      // Rows ascend, so places order as they do.
      if (labelled[i] == 0) top.push({odds[i], pool.key(known[i]), i});
    }
    for (const RankedPick& best : top.sorted()) {
      labelled[best.index] = 1;
      picks.push_back({known[best.index],
                       cold ? std::nan("") : 1 / (1 + std::exp(-best.score))});
    }
  }
  ticker.finish(picks.size());
  return picks;
}

std::size_t discriminative_bytes(const PoolView& pool) {
  return (pool.candidates().size() + pool.labelled().size()) *
         (sizeof(std::size_t) + sizeof(double) + 1 + sizeof(RankedPick) +
          2 * sizeof(ScoredRow));
}

}  // namespace detail

}  // namespace quarry
