#pragma once

#include <span>
#include <string>
#include <string_view>

namespace quarry::cli {

/// The one of `known` that `word` was probably meant to be; empty when none is
/// near.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// "did you mean …?", or empty.
std::string did_you_mean(std::string_view word,
                         std::span<const std::string> known);

}  // namespace quarry::cli
