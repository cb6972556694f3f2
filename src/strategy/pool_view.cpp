#include "quarry/strategy/pool_view.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "quarry/core/random.hpp"

#include "strategy/inputs.hpp"
#include "strategy/row_check.hpp"

namespace quarry {
namespace {

void expect_usable(const NamedArray& input, const PoolView::Parts& parts) {
  const detail::KnownInput* const known = detail::known_input(input.name);
  if (known == nullptr) return;
  const detail::RowCheck check(input.array, input.name, known->kind);
  if (!known->hint.empty()) {
    return expect_sound(check, input.name, known->hint);
  }
  if (check.rows() != parts.rows) {
    raise("strategy.input_shape",
          std::string(input.name) + " has " + std::to_string(check.rows()) +
              " rows (" + input.array.describe() + "), but the pool has " +
              std::to_string(parts.rows));
  }
  for (const auto* rows : {&parts.candidates, &parts.labelled}) {
    for (const std::size_t row : *rows) {
      if (check.usable(row)) continue;
      raise("strategy.bad_row",
            "row " + std::to_string(row) + " of " + std::string(input.name) +
                " is all NaN: a sample that failed",
            "leave it out of the candidates and of the labelled rows");
    }
  }
}

bool ascending(const std::vector<std::size_t>& rows) {
  return std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>()) ==
         rows.end();
}

bool disjoint(const std::vector<std::size_t>& a,
              const std::vector<std::size_t>& b) {
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() && j != b.end()) {
    if (*i == *j) return false;
    *i < *j ? ++i : ++j;
  }
  return true;
}

}  // namespace

PoolView::PoolView(Parts parts) {
  const Parts& p = parts;
  QUARRY_EXPECTS(p.keys.size() == p.rows, "PoolView: one key a row");
  QUARRY_EXPECTS(ascending(p.candidates) && ascending(p.labelled),
                 "PoolView: candidates and labelled rows ascend");
  QUARRY_EXPECTS(disjoint(p.candidates, p.labelled),
                 "PoolView: no labelled row is a candidate");
  QUARRY_EXPECTS(p.labels.empty() || p.labels.size() == p.labelled.size(),
                 "PoolView: one label a labelled row, or none at all");
  if (!p.candidates.empty()) detail::expect_row(p.candidates.back(), p.rows);
  if (!p.labelled.empty()) detail::expect_row(p.labelled.back(), p.rows);
  for (const NamedArray& input : p.inputs) expect_usable(input, p);
  candidates_ = std::exchange(parts.candidates, {});
  parts_ = std::make_shared<const Parts>(std::move(parts));
}

PoolView PoolView::with_candidates(std::vector<std::size_t> some) const {
  const auto known = [this](std::size_t row) {
    return std::binary_search(candidates_.begin(), candidates_.end(), row);
  };
  QUARRY_EXPECTS(
      ascending(some) && std::all_of(some.begin(), some.end(), known),
      "PoolView::with_candidates: some candidates, ascending");
  return {parts_, std::move(some)};
}

bool PoolView::has(std::string_view name) const noexcept {
  return detail::find_input(parts_->inputs, name) != nullptr;
}

const ArrayView& PoolView::input(std::string_view name) const {
  return detail::input_of(parts_->inputs, name);
}

std::vector<std::uint64_t> row_keys(std::size_t rows, std::uint64_t seed) {
  std::vector<std::uint64_t> keys(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    keys[row] = seeded_hash(seed, std::to_string(row));
  }
  return keys;
}

}  // namespace quarry
