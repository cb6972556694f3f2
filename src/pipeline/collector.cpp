#include "pipeline/collector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
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

void copy_row(const Matrix& from, std::size_t row, Matrix& to, std::size_t i) {
  const auto columns = static_cast<std::size_t>(from.cols());
  std::copy_n(from.data() + row * columns, columns, to.data() + i * columns);
}

}  // namespace

Collector::Collector(const Wanted& wanted, const PipelineOptions& options,
                     const AnySource& source, const SlabShape& shape,
                     RunControl& control, PredictionReuse* reuse)
    : wanted_(wanted),
      options_(options),
      source_(source),
      control_(control),
      reuse_(reuse),
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
  if (reuse_ != nullptr) slab.recall();
  const std::vector<Arrival> arrivals = arrivals_of(slab);
  for (const auto& [row, index] : arrivals) put(slab, row, index);
  if (wanted_.score != nullptr && !arrivals.empty()) score(slab, arrivals);
  taken_.fetch_add(arrivals.size(), std::memory_order_relaxed);
}

/// The samples whose predictions can be used; those that cannot are bad. Tells
/// how many need no more.
std::vector<Collector::Arrival> Collector::arrivals_of(Slab& slab) {
  std::vector<Arrival> arrivals;
  arrivals.reserve(slab.size());
  std::size_t through = 0;
  std::size_t computed = 0;
  std::size_t embedded = 0;
  for (std::size_t row = 0; row < slab.size(); ++row) {
    const std::size_t position = slab.position(row);
    if (slab.waiting(row) || control_.dropped(position)) continue;
    ++through;
    if (!slab.ready(row)) continue;
    const bool usable = !wanted_.inference || all_finite(slab, row);
    if (usable && wanted_.sums) expect_distributions(slab, row);
    if (usable && reuse_ != nullptr) keep(slab, row);
    const auto arrive = [&](std::size_t at, std::size_t index) {
      if (usable) {
        control_.good(at);
        arrivals.push_back({row, index});
      } else {
        control_.bad(at, index,
                     Failure{"model.not_finite",
                             "the model's prediction is NaN or infinite"});
      }
    };
    arrive(position, slab.index(row));
    if (usable && !slab.remembered(row)) ++computed;
    if (usable && slab.embedded(row)) ++embedded;
    if (reuse_ == nullptr) continue;
    for (const auto& [at, index] : reuse_->settle(slab.key(row))) {
      ++through;
      arrive(at, index);
    }
  }
  if (reuse_ != nullptr) {
    remembered_.fetch_add(arrivals.size() - computed,
                          std::memory_order_relaxed);
    embedded_.fetch_add(embedded, std::memory_order_relaxed);
  }
  control_.passed(through);
  return arrivals;
}

void Collector::keep(Slab& slab, std::size_t row) {
  if (slab.remembered(row) || !reuse_->keeps()) return;
  slab.memorise(row);
  const Known known = slab.embedded(row) ? Known::embedding : Known::nothing;
  reuse_->keep(slab.key(row), slab.memory_of(row), known);
}

void Collector::put(const Slab& slab, std::size_t row, std::size_t index) {
  if (wanted_.inference) note_class(slab, row, index);
  if (wanted_.keep_probabilities)
    copy_row(slab.probabilities, row, probabilities, index);
  if (wanted_.keep_embeddings && finite(slab.embeddings, row))
    copy_row(slab.embeddings, row, embeddings, index);
  for (std::size_t k = 0; wanted_.keep_passes && k < wanted_.passes; ++k) {
    copy_row(slab.passes, slab.pass_row(k, row), passes,
             k * source_.size() + index);
  }
  if (!arrived_.empty()) arrived_[index] = 1;
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

void Collector::note_class(const Slab& slab, std::size_t row,
                           std::size_t index) {
  const auto classes = static_cast<std::size_t>(slab.probabilities.cols());
  const float* const first = slab.probabilities.data() + row * classes;
  // The first of equal ones.
  const float* const best = std::max_element(first, first + classes);
  predicted[index] = static_cast<std::int32_t>(best - first);
  confidence[index] = *best;
}

Matrix Collector::rows_of(const Matrix& matrix,
                          std::span<const Arrival> arrivals) {
  Matrix rows(arrivals.size(), matrix.cols());
  for (std::size_t i = 0; i < arrivals.size(); ++i)
    copy_row(matrix, arrivals[i].row, rows, i);
  return rows;
}

/// `[K · arrivals, C]`, pass after pass.
Matrix Collector::passes_of(const Slab& slab,
                            std::span<const Arrival> arrivals) {
  Matrix passes(slab.pass_count() * arrivals.size(), slab.passes.cols());
  std::size_t to = 0;
  for (std::size_t k = 0; k < slab.pass_count(); ++k) {
    for (const Arrival& sample : arrivals)
      copy_row(slab.passes, slab.pass_row(k, sample.row), passes, to++);
  }
  return passes;
}

void Collector::score(const Slab& slab, std::span<const Arrival> arrivals) {
  const Needs needs = wanted_.score->needs();
  const std::size_t rows = arrivals.size();
  std::array<Matrix, 3> given;
  std::array<NamedArray, 3> named;
  std::size_t count = 0;
  const auto give = [&](std::string_view name, Matrix matrix,
                        std::initializer_list<std::size_t> rows_and_columns) {
    given[count] = std::move(matrix);
    named[count] = {name, ArrayView(given[count].data(), rows_and_columns)};
    ++count;
  };
  const auto classes = static_cast<std::size_t>(slab.probabilities.cols());
  const auto features = static_cast<std::size_t>(slab.embeddings.cols());
  if (needs.has(inputs::probabilities)) {
    give(inputs::probabilities, rows_of(slab.probabilities, arrivals),
         {rows, classes});
  }
  if (needs.has(inputs::embeddings)) {
    give(inputs::embeddings, rows_of(slab.embeddings, arrivals),
         {rows, features});
  }
  if (needs.has(inputs::passes)) {
    give(inputs::passes, passes_of(slab, arrivals),
         {slab.pass_count(), rows, classes});
  }

  std::vector<std::uint64_t> keys;
  keys.reserve(rows);
  for (const Arrival& sample : arrivals) {
    keys.push_back(
        seeded_hash(options_.seed, sample_of(source_, sample.index).id));
  }
  std::vector<double> out(rows);
  wanted_.score->score(
      {.rows = rows, .inputs = std::span(named).first(count), .keys = keys},
      out);
  TopK& best = best_.local();
  for (std::size_t k = 0; k < rows; ++k) {
    const std::size_t i = arrivals[k].index;
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
