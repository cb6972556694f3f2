#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/npy.hpp"
#include "quarry/core/sample.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/row_states.hpp"

#include "flags/options.hpp"
#include "output/terminal.hpp"

namespace quarry::cli {

/// The arrays that `rank` chooses from, and whose rows they are.
class ArrayPool {
 public:
  /// Reads what the flags name. Raises `npy.*`, `file.*`, `labelled.*`,
  /// `samples.*`, `cli.*`, `strategy.input_shape` for arrays whose rows do not
  /// match, `strategy.bad_row` for rows that are no predictions, and
  /// `pipeline.empty` when there is nothing to choose from.
  ArrayPool(const Flags& flags, const AnyStrategy& strategy,
            Terminal& terminal);

  std::size_t rows() const { return rows_; }
  /// Rows that are not labelled, failed ones too.
  std::size_t candidates() const { return unlabelled_; }
  /// Those of them that did not fail.
  std::size_t usable() const { return candidates_.size(); }
  /// Rows that are all NaN: samples that failed.
  const std::vector<BadSample>& failures() const { return failures_; }
  Sample sample(std::size_t row) const;

  /// An array, as it was given.
  struct Named {
    std::string name;
    std::string file;
    NpyArray array;
  };
  const std::vector<Named>& arrays() const { return arrays_; }

  /// Raises `strategy.missing_input`, with the flag that gives the array, when
  /// one of those that a strategy needs is not here.
  void expect_given(const Needs& needs) const;

  /// What a strategy sees; valid as long as this pool.
  PoolView view(std::uint64_t seed) const;

  /// What a row's probabilities say; no class where there are none.
  struct Belief {
    std::int32_t predicted = -1;
    double confidence = 0.0;
  };
  Belief belief(std::size_t row) const;
  /// How many rows are believed to be of each class; empty without
  /// probabilities.
  std::vector<std::size_t> class_counts() const;

 private:
  void add(const std::string& name, const std::string& file);
  const ArrayView* find(std::string_view name) const;
  void read_arrays(const Flags& flags);
  void count_rows(const AnyStrategy& strategy);
  void read_names(const Flags& flags, Terminal& terminal);
  RowStates check(const Needs& needs);
  void expect_candidates() const;
  void read_labelled(const Flags& flags, const RowStates& states,
                     Terminal& terminal);
  std::vector<std::int64_t> read_labels(
      const Flags& flags, const std::vector<std::size_t>& order) const;

  std::vector<Named> arrays_;
  std::vector<ArrayView> views_;  // of `arrays_`
  std::vector<bool> seen_;        // by the strategy, one an array
  std::size_t rows_ = 0;
  std::size_t unlabelled_ = 0;
  std::vector<Sample> samples_;       // empty: ids are row numbers
  std::vector<std::string> reasons_;  // why samples failed, where known
  std::vector<BadSample> failures_;
  std::vector<std::size_t> candidates_;
  std::vector<std::size_t> labelled_;  // ascending
  std::vector<std::int64_t> labels_;   // of `labelled_`, or empty
};

}  // namespace quarry::cli
