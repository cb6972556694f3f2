#include "strategy/row_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/row_states.hpp"

namespace quarry::detail {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::string_view shape_of(RowKind kind) {
  switch (kind) {
    case RowKind::probabilities:
      return "[N, C] with C >= 1";
    case RowKind::passes:
      return "[K, N, C] with K, C >= 1";
    case RowKind::values:
      return "[N] or [N, T] with T >= 1";
    case RowKind::fractions:
      return "[N, C] with C >= 1";
    case RowKind::lengths:
      return "[N]";
    case RowKind::numbers:
      break;
  }
  return "[N, D] with D >= 1";
}

}  // namespace

RowCheck::RowCheck(const ArrayView& array, std::string_view name, RowKind kind)
    : array_(array), name_(name), kind_(kind), slabs_(1), rows_(0), width_(0) {
  if (!is_float(array.dtype())) {
    raise("strategy.input_shape",
          name_ + " holds no floating-point numbers: it is " +
              array.describe() + ", and must be f2, f4 or f8",
          "save it as float64");
  }
  const std::size_t rank = kind == RowKind::passes ? 3 : 2;
  const bool lengths = kind == RowKind::lengths;
  if ((kind == RowKind::values || lengths) && array.rank() == 1) {
    rows_ = array.rows();
    width_ = 1;
  } else if (!lengths && array.rank() == rank) {
    if (rank == 3) slabs_ = array.shape()[0];
    rows_ = array.shape()[rank - 2];
    width_ = array.shape()[rank - 1];
  }
  if (slabs_ == 0 || width_ == 0) {
    raise("strategy.input_shape", name_ + " must be " +
                                      std::string(shape_of(kind)) + ", not " +
                                      array.describe());
  }
}

bool RowCheck::usable(std::size_t row) const {
  switch (array_.dtype()) {
    case DType::f2:
      return check(static_cast<const Half*>(array_.data()), row);
    case DType::f4:
      return check(static_cast<const float*>(array_.data()), row);
    default:
      return check(static_cast<const double*>(array_.data()), row);
  }
}

template <class T>
bool RowCheck::check(const T* data, std::size_t row) const {
  if (kind_ == RowKind::lengths)
    return check_length(static_cast<double>(data[row]), row);
  std::size_t nans = 0;
  bool bad = false;
  for (std::size_t k = 0; k < slabs_; ++k) {
    const std::span<const T> values(data + (k * rows_ + row) * width_, width_);
    // A NaN or an infinity anywhere makes the sum, or x − x, one too.
    double sum = 0.0;
    double zero = 0.0;
    bool negative = false;
    bool above = false;
    for (const T value : values) {
      const auto x = static_cast<double>(value);
      sum += x;
      zero += x - x;
      negative |= x < 0.0;
      above |= x > 1.0;
    }
    if (zero == 0.0 && holds(sum, negative, above)) continue;
    bad = true;
    for (const T value : values) {
      const auto x = static_cast<double>(value);
      if (std::isnan(x)) ++nans;
      if (std::isinf(x)) refuse(row, "holds an infinity");
    }
    if (nans % width_ != 0) refuse(row, "is partly NaN");
    if (nans == (k + 1) * width_) continue;
    if (nans > 0) refuse(row, "is NaN in some passes only");
    if (negative) {
      refuse(row,
             "holds the negative number " +
                 number(static_cast<double>(
                     *std::min_element(values.begin(), values.end()))),
             "logits must go through softmax first");
    }
    if (kind_ == RowKind::fractions) {
      refuse(row,
             "holds the number " +
                 number(static_cast<double>(
                     *std::max_element(values.begin(), values.end()))) +
                 ", which is above 1",
             "logits must go through a sigmoid first");
    }
    refuse(row, "sums to " + number(sum) + " instead of 1",
           "logits must go through softmax first");
  }
  if (nans > 0 && nans != slabs_ * width_) {
    refuse(row, "is NaN in some passes only");
  }
  return !bad;
}

bool RowCheck::check_length(double length, std::size_t row) const {
  if (length < 0.0) {
    refuse(row, "holds the negative number " + number(length),
           "a length is at least 0");
  }
  return !std::isnan(length);
}

bool RowCheck::holds(double sum, bool negative, bool above) const {
  switch (kind_) {
    case RowKind::numbers:
    case RowKind::values:
    case RowKind::lengths:
      return true;
    case RowKind::fractions:
      return !negative && !above;
    case RowKind::probabilities:
    case RowKind::passes:
      break;
  }
  return !negative && std::abs(sum - 1.0) <= probability_tolerance;
}

void RowCheck::refuse(std::size_t row, const std::string& why,
                      const std::string& hint) const {
  raise("strategy.bad_row",
        "row " + std::to_string(row) + " of " + name_ + " " + why, hint);
}

const KnownInput* known_input(std::string_view name) noexcept {
  static constexpr std::array known = {
      KnownInput{inputs::probabilities, RowKind::probabilities},
      KnownInput{inputs::passes, RowKind::passes},
      KnownInput{inputs::embeddings, RowKind::numbers},
      KnownInput{inputs::predictions, RowKind::values},
      KnownInput{inputs::label_probabilities, RowKind::fractions},
      KnownInput{inputs::deep_fool_norms, RowKind::lengths},
      KnownInput{inputs::bim_norms, RowKind::lengths},
      KnownInput{inputs::target_passes, RowKind::passes,
                 "leave it out of that array"},
      KnownInput{inputs::cost_matrix, RowKind::numbers,
                 "give every decision a cost"},
  };
  const auto found =
      std::find_if(known.begin(), known.end(),
                   [&](const KnownInput& input) { return input.name == name; });
  return found == known.end() ? nullptr : &*found;
}

void expect_sound(const RowCheck& check, std::string_view name,
                  std::string_view hint) {
  for (std::size_t row = 0; row < check.rows(); ++row) {
    if (check.usable(row)) continue;
    raise("strategy.bad_row",
          "row " + std::to_string(row) + " of " + std::string(name) +
              " is all NaN",
          std::string(hint));
  }
}

void expect_row(std::size_t row, std::size_t rows) {
  if (row < rows) return;
  raise("strategy.bad_row_number", "there is no row " + std::to_string(row) +
                                       ": the arrays have " +
                                       std::to_string(rows) + " rows");
}

}  // namespace quarry::detail
