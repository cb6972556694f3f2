#pragma once

#include <exception>
#include <string>

#include <c10/core/InferenceMode.h>

#include "quarry/core/error.hpp"
#include "quarry/decode/concept.hpp"

#include "torch/threads.hpp"

namespace quarry::detail {

/// Raises `model.memory` or `model.infer`: what an exception of libtorch says
/// of `what`, "a batch of u1 [32, 32, 3]".
[[noreturn]] void raise_not_computed(const std::exception& error,
                                     const std::string& what);

std::string batch_of(const SampleSpec& images);

/// What `compute` gives on this thread, where operators have as many threads as
/// `use_threads` says. An `Error` passes; anything else that it throws is
/// raised in words about `what`.
template <class Compute>
auto computed_with_gradients(const std::string& what, const Compute& compute) {
  const c10::InferenceMode normal(false);
  take_threads();
  try {
    return compute();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    raise_not_computed(error, what);
  }
}

/// The same, where nothing is recorded for gradients.
template <class Compute>
auto computed(const std::string& what, const Compute& compute) {
  return computed_with_gradients(what, [&] {
    const c10::InferenceMode guard;
    return compute();
  });
}

/// The same for a batch of such images.
template <class Compute>
auto computed(const SampleSpec& images, const Compute& compute) {
  return computed(batch_of(images), compute);
}

}  // namespace quarry::detail
