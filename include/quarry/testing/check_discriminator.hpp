#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "quarry/strategy/hybrid/discriminative.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckDiscriminatorOptions {
  /// Decides the rows; the same seed finds the same.
  std::uint64_t seed = 0;
  /// The rows of each set; ≥ 2.
  std::size_t rows = 40;
};

namespace detail {
LawReport check_discriminator(
    const std::function<std::vector<double>(const DiscriminatorTask&)>&
        log_odds,
    const CheckDiscriminatorOptions& options);
}  // namespace detail

/// Checks the laws of a `Discriminator` (see hybrid/discriminative.hpp) on rows
/// of 1 to 33 numbers, with copies and zeros, all equal, of which one, half or
/// all but one are labelled; an empty report means that none was seen broken.
///
///     one finite number a row
///     rows that are equal have equal odds, to the last bit
///     the same twice, with 1, 2 and 7 threads
///     asked to stop, it returns
///
/// Of each law the first violation is told, and how many followed. Seconds at
/// most.
template <Discriminator C>
LawReport check_discriminator(const C& classifier,
                              const CheckDiscriminatorOptions& options = {}) {
  return detail::check_discriminator(
      [&](const DiscriminatorTask& task) { return classifier.log_odds(task); },
      options);
}

}  // namespace quarry::testing
