#include "quarry/strategy/row_states.hpp"

#include <algorithm>

#include "quarry/strategy/needs.hpp"

#include "strategy/row_check.hpp"

namespace quarry {

std::size_t RowStates::failed_count() const noexcept {
  return static_cast<std::size_t>(
      std::count(failed_.begin(), failed_.end(), true));
}

void RowStates::merge(const RowStates& other) {
  QUARRY_EXPECTS(other.rows() == rows(), "RowStates::merge: other rows");
  for (std::size_t i = 0; i < rows(); ++i) {
    if (other.failed_[i]) failed_[i] = true;
  }
}

std::vector<std::size_t> RowStates::usable(
    std::span<const std::size_t> rows) const {
  std::vector<std::size_t> result;
  for (const std::size_t row : rows) {
    detail::expect_row(row, failed_.size());
    if (!failed_[row]) result.push_back(row);
  }
  return result;
}

std::vector<std::size_t> RowStates::candidates(
    std::span<const std::size_t> labelled) const {
  std::vector<bool> out = failed_;
  for (const std::size_t row : labelled) {
    detail::expect_row(row, out.size());
    out[row] = true;
  }
  std::vector<std::size_t> result;
  for (std::size_t row = 0; row < out.size(); ++row) {
    if (!out[row]) result.push_back(row);
  }
  return result;
}

namespace {

RowStates states_of(const detail::RowCheck& check) {
  RowStates states(check.rows());
  for (std::size_t row = 0; row < check.rows(); ++row) {
    if (!check.usable(row)) states.mark_failed(row);
  }
  return states;
}

}  // namespace

RowStates check_probabilities(const ArrayView& probabilities) {
  if (probabilities.rank() == 3) {
    return states_of({probabilities, inputs::passes, detail::RowKind::passes});
  }
  return states_of(
      {probabilities, inputs::probabilities, detail::RowKind::probabilities});
}

RowStates check_rows(const ArrayView& array, std::string_view name) {
  const detail::KnownInput* const known = detail::known_input(name);
  QUARRY_EXPECTS(known != nullptr && known->hint.empty(),
                 "check_rows: an input with a row a sample");
  return states_of({array, name, known->kind});
}

RowStates check_finite(const ArrayView& array, std::string_view name) {
  return states_of({array, name, detail::RowKind::numbers});
}

}  // namespace quarry
