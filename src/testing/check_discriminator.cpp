#include "quarry/testing/check_discriminator.hpp"

#include <cmath>
#include <exception>
#include <set>
#include <string>

#include "quarry/core/error.hpp"

#include "core/numbers.hpp"
#include "testing/policy_rows.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using quarry::detail::shortest;

using LogOdds = std::function<std::vector<double>(const DiscriminatorTask&)>;

void check(const LogOdds& log_odds, const PolicyRows& set, std::size_t labelled,
           Violations& violations) {
  const auto count = static_cast<std::size_t>(set.rows.rows());
  const kernels::RowSet rows(ArrayView(
      set.rows.data(), {count, static_cast<std::size_t>(set.rows.cols())}));
  std::vector<std::uint8_t> marks(count);
  for (std::size_t i = 0; i < labelled; ++i) marks[i] = 1;
  const auto find = [&](std::size_t threads, Flow flow) {
    const std::function<Flow()> go_on = [&] {
      return flow;
    };
    return log_odds(
        {.rows = rows, .labelled = marks, .threads = threads, .go_on = go_on});
  };
  const std::string where =
      set.name + ", " + std::to_string(labelled) + " labelled";
  const std::vector<double> odds = find(1, Flow::go_on);
  if (odds.size() != count) {
    violations.add("one number a row", std::to_string(odds.size()) + " of " +
                                           std::to_string(count) + ", " +
                                           where);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(odds[i])) {
      violations.add(
          "log odds are finite",
          shortest(odds[i]) + ", row " + std::to_string(i) + " of " + where);
      return;
    }
    if (i > 0 && set.rows.row(i) == set.rows.row(i - 1) &&
        odds[i] != odds[i - 1]) {
      violations.add("rows that are equal have equal odds",
                     both(odds[i - 1], odds[i]) + set.pair(i - 1, i));
    }
  }
  if (odds != find(1, Flow::go_on)) violations.add("the same twice", where);
  for (const std::size_t threads : {2, 7}) {
    if (odds != find(threads, Flow::go_on)) {
      violations.add("the same with any number of threads", where);
    }
  }
  find(1, Flow::stop);
}

}  // namespace

LawReport detail::check_discriminator(
    const LogOdds& log_odds, const CheckDiscriminatorOptions& options) {
  QUARRY_EXPECTS(options.rows >= 2, "check_discriminator: at least two rows");
  Violations violations;
  try {
    for (const PolicyRows& set : policy_rows(options.seed, options.rows)) {
      for (const std::size_t labelled :
           std::set{std::size_t{1}, options.rows / 2, options.rows - 1}) {
        check(log_odds, set, labelled, violations);
      }
    }
  } catch (const std::exception& error) {
    violations.add("it throws nothing", error.what());
  }
  return violations.report();
}

}  // namespace quarry::testing
