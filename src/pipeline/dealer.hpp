#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quarry/core/labelled_set.hpp"
#include "quarry/data/any_source.hpp"

namespace quarry::detail {

/// The rows of a source that are labelled.
struct LabelledRows {
  std::vector<std::size_t> rows;      ///< ascending
  std::vector<std::int64_t> classes;  ///< of each; −1 where it is not known
  std::size_t unknown = 0;            ///< labelled ids that the source lacks
};

/// Looks every sample up; labels are class names, or else class numbers. Raises
/// `labelled.unknown` when the source has samples, but none of the set.
LabelledRows find_labelled(const AnySource& source, const LabelledSet& labelled,
                           const std::vector<std::string>& classes);

/// The samples that one slab carries.
struct Load {
  std::size_t first = 0;  ///< of the run's samples, the first's place
  std::vector<std::size_t> indices;  ///< in the source
};

/// Deals the samples of a run out in index order, so many at a time: the same
/// loads in every run.
class Dealer {
 public:
  /// Deals `[0, samples)` without the rows of `left_out`, which ascend and
  /// outlive this.
  Dealer(std::size_t samples, std::span<const std::size_t> left_out,
         std::size_t rows);

  /// How many samples there are to deal.
  std::size_t wanted() const noexcept { return samples_ - left_out_.size(); }
  /// How many loads they make.
  std::size_t loads() const noexcept;
  /// The next load; nothing when all are dealt.
  std::optional<Load> next();

 private:
  std::size_t samples_;
  std::span<const std::size_t> left_out_;
  std::size_t rows_;
  std::size_t dealt_ = 0;    // samples
  std::size_t index_ = 0;    // the next one's
  std::size_t skipped_ = 0;  // of left_out_
};

}  // namespace quarry::detail
