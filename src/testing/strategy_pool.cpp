#include "testing/strategy_pool.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

namespace quarry::testing {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A distribution: generic, or of coarse numbers that sum to 1 exactly.
void fill_probabilities(std::span<double> p, bool general,
                        RandomStream& random) {
  if (general) {
    double sum = 0.0;
    for (double& x : p) sum += x = std::exp(2.0 * random.normal());
    for (double& x : p) x /= sum;
    return;
  }
  // 1, 2, 4 or 8 equal parts, dealt out: one class may get them all.
  const auto parts = std::size_t{1} << random.below(4);
  std::fill(p.begin(), p.end(), 0.0);
  for (std::size_t i = 0; i < parts; ++i) {
    p[random.below(p.size())] += 1.0 / static_cast<double>(parts);
  }
}

void fill_numbers(std::span<double> x, bool general, RandomStream& random) {
  for (double& value : x) {
    value = general ? random.normal() : static_cast<double>(random.below(3));
  }
}

template <class T>
void append(std::vector<std::byte>& bytes, double value) {
  const auto converted = static_cast<T>(value);
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &converted, sizeof(T));
}

}  // namespace

std::string PoolRecipe::describe() const {
  return "N=" + std::to_string(rows) + " C=" + std::to_string(classes) +
         " D=" + std::to_string(width) + " labelled~" +
         std::to_string(labelled) + " failed~" + std::to_string(failed) +
         (all_equal ? " all equal"
          : general ? " general"
                    : " coarse") +
         ' ' + std::string(name_of(dtype));
}

StrategyPool::StrategyPool(const PoolRecipe& recipe, const Needs& needs,
                           RandomStream random)
    : failed_(recipe.rows, false) {
  RandomStream parts = random.derive("parts");
  std::vector<bool> is_labelled(recipe.rows, false);
  for (std::size_t i = 0; i < recipe.labelled; ++i) {
    // As many as there are rows means all of them.
    const bool all = recipe.labelled == recipe.rows;
    is_labelled[all ? i : parts.below(recipe.rows)] = true;
  }
  for (std::size_t i = 0; i < recipe.failed; ++i) {
    failed_[parts.below(recipe.rows)] = true;
  }
  // Which row each one is a copy of: itself, mostly.
  std::vector<std::size_t> source(recipe.rows);
  for (std::size_t row = 0; row < recipe.rows; ++row) {
    ids_.push_back("pool/" + std::to_string(parts() % 100'000) + '/' +
                   std::to_string(row));
    source[row] = row;
    if (row > 0 && parts.below(4) == 0) source[row] = source[parts.below(row)];
    if (recipe.all_equal) source[row] = 0;
    if (failed_[row]) continue;
    if (is_labelled[row]) {
      labelled_.push_back(row);
      labels_.push_back(static_cast<std::int64_t>(parts.below(recipe.classes)));
    } else {
      candidates_.push_back(row);
    }
  }
  for (const Need& need : needs) {
    make_input(need, recipe, source, random.derive(need.name));
  }
}

void StrategyPool::make_input(const Need& need, const PoolRecipe& recipe,
                              std::span<const std::size_t> source,
                              RandomStream random) {
  Input input{.name = need.name, .dtype = recipe.dtype};
  const Make make = shape_input(need, recipe, input);
  const std::size_t row_size = input.slabs * input.width;
  input.values.resize(input.count * row_size);
  for (std::size_t i = 0; i < input.count * input.slabs; ++i) {
    const auto row =
        std::span(input.values).subspan(i * input.width, input.width);
    switch (make) {
      case Make::distributions:
        fill_probabilities(row, recipe.general, random);
        break;
      case Make::fractions:
        for (double& x : row) {
          x = recipe.general ? random.uniform()
                             : static_cast<double>(random.below(3)) / 2.0;
        }
        break;
      case Make::numbers:
        fill_numbers(row, recipe.general, random);
        break;
      case Make::lengths:
        for (double& x : row) {
          x = recipe.general    ? random.uniform()
              : random.below(4) ? static_cast<double>(random.below(3))
                                : std::numeric_limits<double>::infinity();
        }
        break;
    }
  }
  if (input.by_row) {
    const auto row = [&](std::size_t i) {
      return input.values.begin() + static_cast<std::ptrdiff_t>(i * row_size);
    };
    for (std::size_t i = 0; i < rows(); ++i) {
      if (source[i] != i) std::copy_n(row(source[i]), row_size, row(i));
    }
    // Failed rows last: what they were copied to is not to fail.
    for (std::size_t i = 0; i < rows(); ++i) {
      if (failed_[i]) std::fill_n(row(i), row_size, nan);
    }
  }
  store(input);
  inputs_.push_back(std::move(input));
}

StrategyPool::Make StrategyPool::shape_input(const Need& need,
                                             const PoolRecipe& recipe,
                                             Input& input) const {
  const auto shape = [&](std::size_t slabs, std::size_t count,
                         std::size_t width) {
    input.slabs = slabs;
    input.count = count;
    input.width = width;
    input.shape = {count, width};
    if (need.name == inputs::passes || need.name == inputs::target_passes) {
      input.shape.insert(input.shape.begin(), slabs);
    }
  };
  if (need.name == inputs::probabilities) {
    shape(1, rows(), recipe.classes);
    return Make::distributions;
  }
  if (need.name == inputs::passes) {
    shape(need.passes > 0 ? need.passes : 3, rows(), recipe.classes);
    return Make::distributions;
  }
  if (need.name == inputs::embeddings) {
    shape(1, rows(), recipe.width);
    return Make::numbers;
  }
  if (need.name == inputs::label_probabilities) {
    shape(1, rows(), recipe.classes);
    return Make::fractions;
  }
  if (need.name == inputs::predictions || need.name == inputs::targets) {
    shape(1, rows(), 2);
    return Make::numbers;
  }
  if (need.attack.run != nullptr) {
    shape(1, rows(), 1);
    input.shape = {rows()};
    return Make::lengths;
  }
  // The same for every order of the rows.
  input.by_row = false;
  if (need.name == inputs::target_passes) {
    shape(3, 2, recipe.classes);
    return Make::distributions;
  }
  if (need.name == inputs::cost_matrix) {
    shape(1, recipe.classes, recipe.classes);
    return Make::fractions;
  }
  if (need.name == inputs::head_weight) {
    shape(1, recipe.classes, recipe.width);
    return Make::numbers;
  }
  input.by_row = need.by_row;
  shape(1, need.by_row ? rows() : 3, 4);
  return Make::numbers;
}

void StrategyPool::store(Input& input) {
  input.bytes.clear();
  const auto put = [&](double value) {
    if (input.dtype == DType::f2)
      append<Half>(input.bytes, value);
    else if (input.dtype == DType::f4)
      append<float>(input.bytes, value);
    else
      append<double>(input.bytes, value);
  };
  for (std::size_t k = 0; k < input.slabs; ++k) {
    for (std::size_t row = 0; row < input.count; ++row) {
      const double* values =
          input.values.data() + (row * input.slabs + k) * input.width;
      for (std::size_t j = 0; j < input.width; ++j) put(values[j]);
    }
  }
}

PoolView StrategyPool::view(std::uint64_t seed) const {
  PoolView::Parts parts;
  parts.rows = rows();
  for (const Input& input : inputs_) {
    parts.inputs.push_back(
        {input.name, ArrayView(input.dtype, input.bytes.data(), input.shape)});
  }
  parts.candidates = candidates_;
  parts.labelled = labelled_;
  parts.labels = labels_;
  for (const std::string& id : ids_) {
    parts.keys.push_back(seeded_hash(seed, id));
  }
  return PoolView(std::move(parts));
}

StrategyPool StrategyPool::permuted(std::span<const std::size_t> order) const {
  StrategyPool other = *this;
  std::vector<std::size_t> place(rows());  // of each old row
  for (std::size_t i = 0; i < rows(); ++i) {
    place[order[i]] = i;
    other.ids_[i] = ids_[order[i]];
    other.failed_[i] = failed_[order[i]];
  }
  for (std::size_t& row : other.candidates_) row = place[row];
  std::sort(other.candidates_.begin(), other.candidates_.end());
  std::vector<std::pair<std::size_t, std::int64_t>> labelled;
  for (std::size_t i = 0; i < labelled_.size(); ++i) {
    labelled.emplace_back(place[labelled_[i]], labels_[i]);
  }
  std::sort(labelled.begin(), labelled.end());
  for (std::size_t i = 0; i < labelled.size(); ++i) {
    std::tie(other.labelled_[i], other.labels_[i]) = labelled[i];
  }
  for (std::size_t n = 0; n < inputs_.size(); ++n) {
    if (!inputs_[n].by_row) continue;
    const std::size_t size = inputs_[n].slabs * inputs_[n].width;
    for (std::size_t i = 0; i < rows(); ++i) {
      std::copy_n(inputs_[n].values.data() + order[i] * size, size,
                  other.inputs_[n].values.data() + i * size);
    }
    other.store(other.inputs_[n]);
  }
  return other;
}

StrategyPool StrategyPool::with_failed_rows_filled() const {
  StrategyPool other = *this;
  for (Input& input : other.inputs_) {
    if (!input.by_row) continue;
    for (std::size_t i = 0; i < input.values.size(); ++i) {
      // A flat distribution, or a point far away from all others.
      if (!failed_[i / (input.slabs * input.width)]) continue;
      input.values[i] = input.name == inputs::embeddings
                            ? 1000.0
                            : 1.0 / static_cast<double>(input.width);
    }
    store(input);
  }
  return other;
}

}  // namespace quarry::testing
