#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::testing {

/// What a pool made to check a strategy looks like.
struct PoolRecipe {
  std::size_t rows = 1;
  std::size_t classes = 2;
  std::size_t width = 3;     ///< of embeddings
  std::size_t labelled = 0;  ///< about so many
  std::size_t failed = 0;    ///< about so many
  /// Rows in general position, some of them copied; otherwise coarse numbers,
  /// which tie without being equal, and probabilities of 0 and 1.
  bool general = true;
  bool all_equal = false;
  DType dtype = DType::f8;

  std::string describe() const;
};

/// A pool that owns its arrays.
class StrategyPool {
 public:
  StrategyPool(const PoolRecipe& recipe, const Needs& needs,
               RandomStream random);

  /// Valid as long as this pool. Keys are hashes of ids that go with the rows.
  PoolView view(std::uint64_t seed) const;

  /// The pool whose row i is this one's row `order[i]`.
  StrategyPool permuted(std::span<const std::size_t> order) const;
  /// The pool in which failed rows hold numbers that look good.
  StrategyPool with_failed_rows_filled() const;

  std::span<const std::size_t> candidates() const { return candidates_; }
  std::size_t rows() const { return ids_.size(); }

 private:
  struct Input {
    std::string_view name = {};
    std::vector<std::size_t> shape = {};
    bool by_row = true;
    std::vector<double> values = {};  // [count][slabs][width]
    std::size_t count = 0;            // of rows
    std::size_t slabs = 1;
    std::size_t width = 1;
    DType dtype = DType::f8;
    std::vector<std::byte> bytes = {};  // the array itself
  };

  /// What the rows of an input are filled with.
  enum class Make { distributions, fractions, numbers, lengths };

  Make shape_input(const Need& need, const PoolRecipe& recipe,
                   Input& input) const;
  void make_input(const Need& need, const PoolRecipe& recipe,
                  std::span<const std::size_t> source, RandomStream random);
  static void store(Input& input);

  std::vector<std::string> ids_;
  std::vector<std::size_t> candidates_;
  std::vector<std::size_t> labelled_;
  std::vector<std::int64_t> labels_;
  std::vector<bool> failed_;
  std::vector<Input> inputs_;
};

}  // namespace quarry::testing
