#include "pipeline/collector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "quarry/core/random.hpp"
#include "quarry/strategy/row_states.hpp"

#include "core/numbers.hpp"

namespace quarry::detail {

namespace {

Matrix nan_rows(std::size_t rows, std::size_t columns) {
  return Matrix::Constant(static_cast<Eigen::Index>(rows),
                          static_cast<Eigen::Index>(columns),
                          std::numeric_limits<float>::quiet_NaN());
}

bool finite(const Matrix& matrix, std::size_t row) {
  return matrix.row(static_cast<Eigen::Index>(row)).allFinite();
}

/// What keeps a row of probabilities from being a distribution, if anything.
std::optional<std::string> no_distribution(const Matrix& matrix,
                                           std::size_t row) {
  double sum = 0.0;
  for (const float p : matrix.row(static_cast<Eigen::Index>(row))) {
    if (p < 0.0F) return "one of them is " + fixed(p, 6);
    sum += static_cast<double>(p);
  }
  if (std::abs(sum - 1.0) <= probability_tolerance) return std::nullopt;
  return "they sum to " + fixed(sum, 6);
}

/// Moves the given rows, which ascend, to the front.
void compact(Matrix& matrix, std::span<const std::size_t> rows) {
  const auto columns = static_cast<std::size_t>(matrix.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == i) continue;
    const float* const from = matrix.data() + rows[i] * columns;
    std::copy_n(from, columns, matrix.data() + i * columns);
  }
}

void copy_row(const Matrix& from, std::size_t row, Matrix& to, std::size_t i) {
  const auto columns = static_cast<std::size_t>(from.cols());
  std::copy_n(from.data() + row * columns, columns, to.data() + i * columns);
}

/// `[K · rows, C]`: the passes of these rows alone, pass after pass.
Matrix passes_of(const Slab& slab, std::span<const std::size_t> rows) {
  Matrix passes(slab.pass_count() * rows.size(), slab.passes.cols());
  std::size_t to = 0;
  for (std::size_t k = 0; k < slab.pass_count(); ++k) {
    for (const std::size_t row : rows)
      copy_row(slab.passes, slab.pass_row(k, row), passes, to++);
  }
  return passes;
}

}  // namespace

Collector::Collector(const Wanted& wanted, const PipelineOptions& options,
                     const AnySource& source, const SlabShape& shape,
                     RunControl& control, PredictionStore* store)
    : wanted_(wanted),
      options_(options),
      source_(source),
      control_(control),
      store_(store),
      best_(wanted.budget, PickOrder(options.ties)) {
  const std::size_t n = source.size();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  predicted.assign(n, -1);
  if (wanted.inference) confidence.assign(n, 0.0F);
  if (wanted.score != nullptr) {
    scores.assign(n, nan);
  } else {
    arrived_.assign(n, 0);
  }
  if (wanted.keep_probabilities) probabilities = nan_rows(n, shape.classes);
  if (wanted.keep_embeddings) embeddings = nan_rows(n, shape.features);
  if (wanted.keep_passes) passes = nan_rows(wanted.passes * n, shape.classes);
}

void Collector::take(Slab& slab) {
  if (store_ != nullptr) slab.recall();
  const std::vector<std::size_t> rows = usable_rows(slab);
  if (store_ != nullptr) remember(slab, rows);
  for (const std::size_t row : rows) {
    const std::size_t i = slab.index(row);
    if (wanted_.inference) note_class(slab, row);
    if (wanted_.keep_probabilities) {
      copy_row(slab.probabilities, row, probabilities, i);
    }
    if (wanted_.keep_embeddings && finite(slab.embeddings, row)) {
      copy_row(slab.embeddings, row, embeddings, i);
    }
    for (std::size_t k = 0; wanted_.keep_passes && k < wanted_.passes; ++k) {
      copy_row(slab.passes, slab.pass_row(k, row), passes,
               k * source_.size() + i);
    }
    if (!arrived_.empty()) arrived_[i] = 1;
  }
  if (wanted_.score != nullptr && !rows.empty()) score(slab, rows);
  taken_.fetch_add(rows.size(), std::memory_order_relaxed);

  std::size_t through = 0;
  for (std::size_t row = 0; row < slab.size(); ++row) {
    if (!control_.dropped(slab.position(row))) ++through;
  }
  control_.passed(through);
}

/// The rows whose predictions can be used; those that cannot are bad samples.
std::vector<std::size_t> Collector::usable_rows(const Slab& slab) {
  std::vector<std::size_t> rows;
  rows.reserve(slab.size());
  for (std::size_t row = 0; row < slab.size(); ++row) {
    const std::size_t position = slab.position(row);
    if (!slab.ready(row) || control_.dropped(position)) continue;
    if (wanted_.inference) {
      if (!all_finite(slab, row)) {
        control_.bad(position, slab.index(row),
                     Failure{"model.not_finite",
                             "the model's prediction is NaN or infinite"});
        continue;
      }
      if (wanted_.sums) expect_distributions(slab, row);
    }
    control_.good(position);
    rows.push_back(row);
  }
  return rows;
}

bool Collector::all_finite(const Slab& slab, std::size_t row) const {
  const bool look = wanted_.embeddings && !wanted_.embeddings_may_fail;
  if (look && !finite(slab.embeddings, row)) return false;
  for (std::size_t k = 0; k < slab.pass_count(); ++k) {
    if (!finite(slab.passes, slab.pass_row(k, row))) return false;
  }
  return finite(slab.probabilities, row);
}

void Collector::expect_distributions(const Slab& slab, std::size_t row) const {
  const auto expect = [&](const Matrix& matrix, std::size_t at) {
    const std::optional<std::string> wrong = no_distribution(matrix, at);
    if (!wrong) return;
    raise("strategy.bad_row",
          "the model's probabilities of " +
              sample_of(source_, slab.index(row)).id +
              " are no distribution: " + *wrong,
          "this strategy needs a multiclass model (softmax)");
  };
  if (wanted_.plain) expect(slab.probabilities, row);
  for (std::size_t k = 0; k < slab.pass_count(); ++k)
    expect(slab.passes, slab.pass_row(k, row));
}

void Collector::note_class(const Slab& slab, std::size_t row) {
  const auto classes = static_cast<std::size_t>(slab.probabilities.cols());
  const float* const first = slab.probabilities.data() + row * classes;
  // The first of equal ones.
  const float* const best = std::max_element(first, first + classes);
  const std::size_t i = slab.index(row);
  predicted[i] = static_cast<std::int32_t>(best - first);
  confidence[i] = *best;
}

void Collector::remember(Slab& slab, std::span<const std::size_t> rows) {
  std::size_t known = 0;
  for (const std::size_t row : rows) {
    if (slab.remembered(row)) {
      ++known;
    } else if (store_->keeps()) {
      slab.memorise(row);
      store_->keep(slab.key(row), slab.memory_of(row));
    }
  }
  remembered_.fetch_add(known, std::memory_order_relaxed);
}

void Collector::score(Slab& slab, std::span<const std::size_t> rows) {
  std::array<NamedArray, 3> inputs;
  std::size_t count = 0;
  const auto give = [&](std::string_view name, Matrix& matrix) {
    compact(matrix, rows);
    inputs[count++] = {
        name,
        ArrayView(matrix.data(),
                  {rows.size(), static_cast<std::size_t>(matrix.cols())})};
  };
  const Needs needs = wanted_.score->needs();
  if (needs.has(inputs::probabilities)) {
    give(inputs::probabilities, slab.probabilities);
  }
  if (needs.has(inputs::embeddings)) give(inputs::embeddings, slab.embeddings);
  Matrix drawn;
  if (needs.has(inputs::passes)) {
    drawn = passes_of(slab, rows);
    inputs[count++] = {
        inputs::passes,
        ArrayView(drawn.data(), {slab.pass_count(), rows.size(),
                                 static_cast<std::size_t>(drawn.cols())})};
  }

  std::vector<std::uint64_t> keys(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    keys[k] =
        seeded_hash(options_.seed, sample_of(source_, slab.index(rows[k])).id);
  }
  std::vector<double> out(rows.size());
  wanted_.score->score({.rows = rows.size(),
                        .inputs = std::span(inputs).first(count),
                        .keys = keys},
                       out);
  TopK& best = best_.local();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::size_t i = slab.index(rows[k]);
    best.push({.score = out[k], .key = keys[k], .index = i});
    scores[i] = static_cast<float>(out[k]);
  }
}

std::vector<std::size_t> Collector::without_embedding() const {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < arrived_.size() && embeddings.cols() > 0; ++i) {
    if (arrived(i) && !finite(embeddings, i)) rows.push_back(i);
  }
  return rows;
}

std::vector<RankedPick> Collector::best() {
  TopK all(wanted_.budget, PickOrder(options_.ties));
  for (TopK& some : best_) all.merge(std::move(some));
  return all.sorted();
}

}  // namespace quarry::detail
