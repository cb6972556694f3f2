#pragma once

#include <string>

#include "quarry/decode/concept.hpp"

namespace quarry::detail {

/// "u1 [32, 32, 3]", for messages.
std::string text_of(const SampleSpec& spec);

}  // namespace quarry::detail
