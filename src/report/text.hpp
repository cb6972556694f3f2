#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/numbers.hpp"

namespace quarry::report {

using detail::counted;
using detail::fixed;
using detail::grouped;

/// Text that may stand in an HTML element or a quoted attribute, whatever it
/// was: markup escaped, control characters shown as a symbol, what is not UTF-8
/// replaced by U+FFFD.
std::string escaped(std::string_view text);

/// With so many significant digits, trailing zeros cut: "0.9841", "1.2e-07";
/// "–" for what is not finite.
std::string shortest(double value, int digits = 4);
/// "0.42 s", "4.1 s", "2 min 5 s", "3 h 20 min".
std::string duration(double seconds);
/// "512 B", "1.4 MB", powers of 1,000.
std::string bytes(std::uint64_t size);
/// "12.5 %" of a fraction; "–" for what is not finite.
std::string percent(double fraction, int digits = 1);
/// "data:image/jpeg;base64,…"
std::string data_uri(std::string_view bytes, std::string_view type);

}  // namespace quarry::report
