#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/dtype.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/row_states.hpp"

#include "same_picks.hpp"

namespace quarry::test {

/// A pool on which a device and the processor are to pick the same.
struct SelectCase {
  std::string name;
  std::size_t width = 1;
  std::size_t budget = 1;
  std::vector<float> values = {};  // [N, width]
  std::vector<std::size_t> labelled = {};
  std::vector<Half> halves = {};          // the same, or none
  std::vector<float> probabilities = {};  // [N, 3]

  std::size_t rows() const { return values.size() / width; }
  PoolView pool() const {
    PoolView::Parts parts;
    parts.rows = rows();
    parts.inputs = {
        {inputs::embeddings, halves.empty()
                                 ? ArrayView(values.data(), {rows(), width})
                                 : ArrayView(halves.data(), {rows(), width})},
        {inputs::probabilities, ArrayView(probabilities.data(), {rows(), 3})}};
    RowStates states(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      if (std::isnan(values[i * width])) states.mark_failed(i);
    }
    parts.candidates = states.candidates(labelled);
    parts.labelled = labelled;
    parts.keys = row_keys(rows(), 0);
    return PoolView(std::move(parts));
  }
};

/// Normal numbers about `centre`, `spread` wide, to be changed.
inline SelectCase select_case(std::string name, std::size_t rows,
                              std::size_t width, std::size_t budget,
                              std::size_t labelled, std::uint64_t seed,
                              double centre = 0.0, double spread = 1.0) {
  RandomStream random(seed);
  SelectCase made{.name = std::move(name), .width = width, .budget = budget};
  for (std::size_t i = 0; i < rows * width; ++i) {
    made.values.push_back(
        static_cast<float>(centre + spread * random.normal()));
  }
  for (std::size_t i = 0; i < labelled; ++i) {
    made.labelled.push_back(i * rows / labelled);
  }
  return made;
}

/// Probabilities of the rows that are there: the same of rows that are the
/// same, and of some rows all of one class.
inline void add_probabilities(SelectCase& one) {
  for (std::size_t i = 0; i < one.rows(); ++i) {
    const float x = one.values[i * one.width];
    const float y = one.values[(i + 1) * one.width - 1];
    if (std::isnan(x)) {
      one.probabilities.insert(one.probabilities.end(), 3, x);
      continue;
    }
    const float a = 1.0F / (1.0F + std::exp(-x)), b = 0.5F + std::atan(y) / 4;
    const bool sure = x == 0.0F || std::abs(y) > 2.0F;
    one.probabilities.push_back(sure ? 1.0F : a * b);
    one.probabilities.push_back(sure ? 0.0F : a * (1.0F - b));
    one.probabilities.push_back(sure ? 0.0F : 1.0F - a);
  }
}

/// What has led bounds astray elsewhere: duplicates, ties, rows that are close
/// together and far from the origin, rows of zeros, of half precision, of
/// nothing but NaN.
inline std::vector<SelectCase> select_cases() {
  std::vector<SelectCase> cases;
  cases.push_back(select_case("normal", 1200, 32, 300, 40, 71));
  cases.push_back(select_case("nothing labelled", 700, 20, 150, 0, 72));
  cases.push_back(select_case("all of it", 90, 7, 200, 5, 73));
  cases.push_back(select_case("one number a row", 500, 1, 60, 3, 74));
  cases.push_back(select_case("close together", 600, 24, 120, 9, 75, 50, 1e-3));
  cases.push_back(select_case("hardly apart", 400, 16, 80, 4, 76, 1e3, 1e-4));
  cases.push_back(select_case("tiny", 400, 16, 80, 4, 77, 0.0, 1e-22));

  SelectCase grid = select_case("a grid", 900, 3, 200, 11, 78);
  for (float& x : grid.values) x = std::round(x);
  cases.push_back(std::move(grid));

  SelectCase twice = select_case("duplicates", 800, 16, 500, 20, 79);
  for (std::size_t i = 0; i < twice.values.size() / 2; ++i) {
    twice.values[twice.values.size() / 2 + i] = twice.values[i];
  }
  cases.push_back(std::move(twice));

  SelectCase zeros = select_case("rows of zeros", 300, 12, 100, 6, 80);
  std::fill_n(zeros.values.begin() + 12 * 100, 12 * 100, 0.0F);
  cases.push_back(std::move(zeros));

  SelectCase half = select_case("half precision", 700, 24, 150, 10, 81);
  for (float& x : half.values) {
    half.halves.emplace_back(x);
    x = static_cast<float>(half.halves.back());
  }
  cases.push_back(std::move(half));

  SelectCase failed = select_case("failed rows", 500, 10, 100, 0, 82);
  for (std::size_t i = 0; i < 500; i += 7) {
    std::fill_n(failed.values.begin() + static_cast<std::ptrdiff_t>(10 * i), 10,
                std::numeric_limits<float>::quiet_NaN());
  }
  cases.push_back(std::move(failed));
  for (SelectCase& one : cases) add_probabilities(one);
  return cases;
}

}  // namespace quarry::test
