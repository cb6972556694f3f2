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
  const bool passes = need.name == inputs::passes;
  const bool distribution = passes || need.name == inputs::probabilities;
  std::size_t width = 4;
  if (distribution) width = recipe.classes;
  if (need.name == inputs::embeddings) width = recipe.width;
  if (need.name == inputs::head) {
    input.by_row = false;
    input.shape = {recipe.classes, recipe.width};
    input.values.resize(recipe.classes * recipe.width);
    fill_numbers(input.values, true, random);
  } else if (need.name == inputs::cost_matrix) {
    input.by_row = false;
    input.shape = {recipe.classes, recipe.classes};
    input.values.resize(recipe.classes * recipe.classes);
    for (double& cost : input.values) cost = random.uniform();
  } else if (need.name == inputs::target_passes) {
    input.by_row = false;
    input.slabs = 3;
    input.shape = {input.slabs, 2, recipe.classes};
    input.values.resize(input.slabs * 2 * recipe.classes);
    for (std::size_t i = 0; i < input.slabs * 2; ++i) {
      fill_probabilities(
          std::span(input.values).subspan(i * recipe.classes, recipe.classes),
          recipe.general, random);
    }
  } else {
    if (passes) input.slabs = need.passes > 0 ? need.passes : 3;
    const std::size_t row_size = input.slabs * width;
    input.values.resize(rows() * row_size);
    for (std::size_t row = 0; row < rows(); ++row) {
      const std::span<double> values(input.values.data() + row * row_size,
                                     row_size);
      for (std::size_t k = 0; k < input.slabs; ++k) {
        const auto slab = values.subspan(k * width, width);
        if (distribution)
          fill_probabilities(slab, recipe.general, random);
        else
          fill_numbers(slab, recipe.general, random);
      }
      if (source[row] != row) {
        std::copy_n(input.values.data() + source[row] * row_size, row_size,
                    values.data());
      }
    }
    // Failed rows last: what they were copied to is not to fail.
    for (std::size_t row = 0; row < rows(); ++row) {
      if (!failed_[row]) continue;
      std::fill_n(input.values.data() + row * row_size, row_size, nan);
    }
    input.shape = {rows(), width};
    if (passes) input.shape.insert(input.shape.begin(), input.slabs);
  }
  store(input);
  inputs_.push_back(std::move(input));
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
  const std::size_t width = input.shape.back();
  const std::size_t count = input.values.size() / (input.slabs * width);
  for (std::size_t k = 0; k < input.slabs; ++k) {
    for (std::size_t row = 0; row < count; ++row) {
      const double* values =
          input.values.data() + (row * input.slabs + k) * width;
      for (std::size_t j = 0; j < width; ++j) put(values[j]);
    }
  }
}

PoolView StrategyPool::view(std::vector<std::size_t> candidates,
                            std::uint64_t seed) const {
  PoolView::Parts parts;
  parts.rows = rows();
  for (const Input& input : inputs_) {
    parts.inputs.push_back(
        {input.name, ArrayView(input.dtype, input.bytes.data(), input.shape)});
  }
  parts.candidates = std::move(candidates);
  parts.labelled = labelled_;
  parts.labels = labels_;
  for (const std::string& id : ids_) {
    parts.keys.push_back(seeded_hash(seed, id));
  }
  return PoolView(std::move(parts));
}

PoolView StrategyPool::view(std::uint64_t seed) const {
  return view(candidates_, seed);
}

PoolView StrategyPool::view_of(std::size_t row, std::uint64_t seed) const {
  return view(std::vector{row}, seed);
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
    const std::size_t size = inputs_[n].slabs * inputs_[n].shape.back();
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
    const std::size_t width = input.shape.back();
    for (std::size_t i = 0; i < input.values.size(); ++i) {
      // A flat distribution, or a point far away from all others.
      if (!failed_[i / (input.slabs * width)]) continue;
      input.values[i] = input.name == inputs::embeddings
                            ? 1000.0
                            : 1.0 / static_cast<double>(width);
    }
    store(input);
  }
  return other;
}

}  // namespace quarry::testing
