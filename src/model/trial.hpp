#pragma once

#include <cstddef>
#include <exception>

#include "quarry/model/any_model.hpp"

namespace quarry::detail {

struct TrialOptions {
  std::size_t executors = 1;  ///< a replica each, on a thread of its own
  std::size_t batch = 1;      ///< rows of the batch that each computes
  double seconds = 0.0;       ///< that each computes at least
  std::size_t batches = 1;    ///< that each computes at least
};

/// Rows a second that executors compute together of black images of `input()`,
/// once each has computed a batch. Raises what a replica raises, and
/// `std::system_error` where there are not so many threads.
double rate_at_once(AnyModel& model, const TrialOptions& options);

/// Whether what a trial raised was about too little memory, or too few threads,
/// for as much as was tried.
bool was_too_much(std::exception_ptr raised);

}  // namespace quarry::detail
