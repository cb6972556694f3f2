#include "pipeline/collector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "quarry/core/random.hpp"
#include "quarry/strategy/row_states.hpp"

#include "core/numbers.hpp"

namespace quarry::detail {

namespace {

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

/// Puts rows of a slab where those of their samples go; rows that follow each
/// other in both at once. `row_of` tells which row of `from` an arrival's is.
template <class Arrival, class RowOf>
void put_rows(const Matrix& from, std::span<const Arrival> arrivals,
              RowOf row_of, RowTable& to, std::size_t first = 0) {
  const std::size_t columns = to.columns();
  for (std::size_t i = 0, count = 0; i < arrivals.size(); i += count) {
    const std::size_t row = row_of(arrivals[i]);
    for (count = 1; i + count < arrivals.size(); ++count) {
      const Arrival& next = arrivals[i + count];
      if (row_of(next) != row + count) break;
      if (next.index != arrivals[i].index + count) break;
    }
    to.write(first + arrivals[i].index,
             {from.data() + row * columns, count * columns});
  }
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
      seen_(
          Seen{TopRows<ScoredSample>(wanted.budget, PickOrder(options.ties))}) {
  if (wanted.score != nullptr) return;
  make_tables(shape);
  arrived_.assign(source.size(), 0);
  if (wanted.inference) beliefs_.resize(source.size());
}

void Collector::make_tables(const SlabShape& shape) {
  const std::size_t n = source_.size();
  struct Kept {
    RowTable& table;
    bool wanted;
    std::size_t rows;
    std::size_t columns;
    std::string name;
  };
  std::vector<Kept> all = {
      {probabilities, wanted_.keep_probabilities, n, shape.classes,
       "probabilities"},
      {embeddings, wanted_.keep_embeddings, n, shape.features, "embeddings"},
      {passes, wanted_.keep_passes, wanted_.passes * n, shape.classes,
       "passes"}};
  lengths = std::vector<RowTable>(wanted_.attacks.size());
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    all.push_back({lengths[k], wanted_.keep_lengths, n, 1,
                   std::string(wanted_.attacks[k].name)});
  }
  const auto bytes_of = [](const Kept& kept) {
    return kept.wanted ? kept.rows * kept.columns * sizeof(float) : 0;
  };
  std::size_t bytes = 0;
  for (const Kept& kept : all) bytes += bytes_of(kept);
  for (const Kept& kept : all) {
    if (bytes_of(kept) == 0) continue;
    if (bytes <= wanted_.memory) {
      kept.table = RowTable(kept.rows, kept.columns);
      continue;
    }
    ScratchFile file(options_.scratch, bytes_of(kept),
                     "the pool's " + kept.name);
    note_ = "the strategy's inputs, " + grouped(bytes) +
            " bytes, were in files in " + quoted(file.directory());
    kept.table = RowTable(kept.rows, kept.columns, std::move(file));
  }
}

void Collector::take(Slab& slab) {
  if (reuse_ != nullptr) slab.recall();
  const std::vector<Arrival> arrivals = arrivals_of(slab);
  if (arrivals.empty()) return;
  if (wanted_.score != nullptr) {
    score(slab, arrivals);
  } else {
    put(slab, arrivals);
  }
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

void Collector::put(const Slab& slab, std::span<const Arrival> arrivals) {
  const auto same = [](const Arrival& sample) {
    return sample.row;
  };
  if (!probabilities.empty())
    put_rows(slab.probabilities, arrivals, same, probabilities);
  if (!embeddings.empty() && !wanted_.embeddings_may_fail)
    put_rows(slab.embeddings, arrivals, same, embeddings);
  if (!embeddings.empty() && wanted_.embeddings_may_fail) {
    for (const Arrival& sample : arrivals) {
      if (!finite(slab.embeddings, sample.row)) continue;
      put_rows(slab.embeddings, std::span(&sample, 1), same, embeddings);
    }
  }
  for (std::size_t k = 0; !passes.empty() && k < wanted_.passes; ++k) {
    const auto pass = [&](const Arrival& sample) {
      return slab.pass_row(k, sample.row);
    };
    put_rows(slab.passes, arrivals, pass, passes, k * source_.size());
  }
  if (wanted_.keep_lengths) put_lengths(slab, arrivals);
  Seen& seen = seen_.local();
  for (const Arrival& sample : arrivals) {
    if (wanted_.inference)
      beliefs_[sample.index] = belief_of(slab, sample.row, seen);
    arrived_[sample.index] = 1;
  }
}

void Collector::put_lengths(const Slab& slab,
                            std::span<const Arrival> arrivals) {
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    const Matrix column = slab.lengths.col(static_cast<Eigen::Index>(k));
    const auto same = [](const Arrival& sample) {
      return sample.row;
    };
    put_rows(column, arrivals, same, lengths[k]);
  }
}

/// Lengths may be infinite.
bool Collector::all_finite(const Slab& slab, std::size_t row) const {
  const bool look = wanted_.embeddings && !wanted_.embeddings_may_fail;
  if (look && !finite(slab.embeddings, row)) return false;
  for (std::size_t k = 0; k < slab.pass_count(); ++k) {
    if (!finite(slab.passes, slab.pass_row(k, row))) return false;
  }
  return finite(slab.probabilities, row) &&
         !slab.lengths.row(static_cast<Eigen::Index>(row)).hasNaN();
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

/// Counts the class, too.
Belief Collector::belief_of(const Slab& slab, std::size_t row, Seen& seen) {
  const auto classes = static_cast<std::size_t>(slab.probabilities.cols());
  const float* const first = slab.probabilities.data() + row * classes;
  // The first of equal ones.
  const float* const best = std::max_element(first, first + classes);
  const auto predicted = static_cast<std::size_t>(best - first);
  seen.class_counts.resize(classes);
  ++seen.class_counts[predicted];
  return {static_cast<std::int32_t>(predicted), *best};
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
  std::array<Matrix, Needs::most> given;
  std::array<NamedArray, Needs::most> named;
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
  for (std::size_t k = 0; k < wanted_.attacks.size(); ++k) {
    const Matrix column = slab.lengths.col(static_cast<Eigen::Index>(k));
    give(wanted_.attacks[k].name, rows_of(column, arrivals), {rows});
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
  Seen& seen = seen_.local();
  for (std::size_t k = 0; k < rows; ++k) {
    seen.best.push(
        {{.score = out[k], .key = keys[k], .index = arrivals[k].index},
         wanted_.inference ? belief_of(slab, arrivals[k].row, seen)
                           : Belief()});
    seen.scores.add(out[k]);
  }
}

std::vector<std::size_t> Collector::without_embedding() const {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < arrived_.size() && !embeddings.empty(); ++i) {
    const float* const row = embeddings.data() + i * embeddings.columns();
    // It is all NaN, or none of it is.
    if (arrived(i) && std::isnan(*row)) rows.push_back(i);
  }
  return rows;
}

std::vector<ScoredSample> Collector::best() {
  TopRows<ScoredSample> all(wanted_.budget, PickOrder(options_.ties));
  for (Seen& seen : seen_) all.merge(std::move(seen.best));
  return all.sorted();
}

ScoreHistogram Collector::scores() const {
  ScoreHistogram all;
  for (const Seen& seen : seen_) all.merge(seen.scores);
  return all;
}

std::vector<std::size_t> Collector::class_counts() const {
  std::vector<std::size_t> all;
  for (const Seen& seen : seen_) {
    all.resize(std::max(all.size(), seen.class_counts.size()));
    std::transform(seen.class_counts.begin(), seen.class_counts.end(),
                   all.begin(), all.begin(), std::plus<>());
  }
  return all;
}

}  // namespace quarry::detail
