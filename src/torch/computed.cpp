#include "torch/computed.hpp"

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
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         text.find("out of memory") != text.npos ||
         text.find("can't allocate memory") != text.npos;
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
