#include "quarry/strategy/choice/advice.hpp"

#include <cmath>
#include <numeric>
#include <string>

#include "quarry/core/error.hpp"

namespace quarry {
namespace {

[[noreturn]] void bad_advice(const std::string& complaint) {
  raise("strategy.bad_pick", "the advice of a strategy " + complaint,
        "give the rows that it picked, each once");
}

void expect_distinct_rows(const std::vector<std::size_t>& advised,
                          std::size_t rows) {
  std::vector<bool> seen(rows, false);
  for (const std::size_t row : advised) {
    if (row >= rows) {
      raise("strategy.bad_row_number",
            "a strategy advises row " + std::to_string(row) + " of a pool of " +
                std::to_string(rows) + " rows",
            "rows are counted from 0");
    }
    if (seen[row]) bad_advice("holds row " + std::to_string(row) + " twice");
    seen[row] = true;
  }
}

}  // namespace

Advice Advice::uniform(std::size_t rows) {
  Advice all;
  all.rows.resize(rows);
  std::iota(all.rows.begin(), all.rows.end(), std::size_t{0});
  return all;
}

std::vector<double> Advice::distribution(std::size_t pool_rows) const {
  if (rows.empty()) bad_advice("holds no row");
  expect_distinct_rows(rows, pool_rows);
  if (shares.empty()) {
    return std::vector<double>(rows.size(),
                               1.0 / static_cast<double>(rows.size()));
  }
  if (shares.size() != rows.size()) {
    bad_advice("holds " + std::to_string(shares.size()) + " shares for " +
               std::to_string(rows.size()) + " rows");
  }
  double sum = 0.0;
  for (const double share : shares) {
    if (!(std::isfinite(share) && share >= 0.0)) {
      bad_advice("holds the share " + std::to_string(share));
    }
    sum += share;
  }
  if (!(std::isfinite(sum) && sum > 0.0)) {
    bad_advice("holds shares that sum to " + std::to_string(sum));
  }
  std::vector<double> parts = shares;
  for (double& part : parts) part /= sum;
  return parts;
}

}  // namespace quarry
