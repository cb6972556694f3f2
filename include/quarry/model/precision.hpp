#pragma once

#include <string_view>

namespace quarry {

/// What a network computes in. Whatever it is, logits, probabilities and
/// embeddings come as floats, and probabilities are computed in fp32.
enum class Precision {
  fp32,       ///< 24 bits of mantissa: what is compared, and the default
  bf16,       ///< 8 bits, the range of fp32
  fp16,       ///< 11 bits, numbers up to 65,504
  automatic,  ///< the fastest, measured when a model is made
};

/// "fp32", "bf16", "fp16", "auto".
std::string_view name_of(Precision precision) noexcept;

}  // namespace quarry
