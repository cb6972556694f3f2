#include "torch/computed.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include <c10/util/Exception.h>

#include "model/text.hpp"
#include "torch/device.hpp"

namespace quarry::detail {
namespace {

/// Whether an exception of libtorch is about memory: its own type for that does
/// not get through TorchScript's interpreter, nor is it used for the CPU's.
bool is_out_of_memory(const std::exception& error) {
  const std::string_view text = error.what();
  // The last two are of cuBLAS and cuDNN.
  constexpr std::array<std::string_view, 4> words = {
      "out of memory", "can't allocate memory", "_STATUS_ALLOC_FAILED",
      "_ALLOCATION_FAILED"};
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         std::any_of(words.begin(), words.end(), [&](std::string_view some) {
           return text.find(some) != text.npos;
         });
}

}  // namespace

void raise_not_computed(const std::exception& error, const std::string& what) {
  if (is_out_of_memory(error)) {
    raise("model.memory",
          "there is no memory for " + what + ": " + first_line(error),
          "take smaller batches, or fewer executors");
  }
  raise("model.infer",
        "the network cannot compute " + what + ": " + first_line(error));
}

std::string batch_of(const SampleSpec& images) {
  return "a batch of " + text_of(images);
}

}  // namespace quarry::detail
