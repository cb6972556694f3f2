#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quarry::report {

/// Text that may stand in an HTML element or a quoted attribute, whatever it
/// was: markup escaped, control characters shown as a symbol, what is not UTF-8
/// replaced by U+FFFD.
std::string escaped(std::string_view text);

/// "12,345".
std::string count(std::uint64_t value);
/// "1 pick", "2 picks", "1,000 picks".
std::string counted(std::uint64_t value, std::string_view one,
                    std::string_view many);
/// With so many digits after the point; "–" for what is not finite. The same
/// in every locale.
std::string fixed(double value, int digits);
/// With so many significant digits, trailing zeros cut: "0.9841", "1.2e-07".
std::string shortest(double value, int digits = 4);
/// "0.42 s", "4.1 s", "2 min 5 s", "3 h 20 min".
std::string duration(double seconds);
/// "512 B", "1.4 MB", powers of 1,000.
std::string bytes(std::uint64_t size);
/// "12.5 %" of a fraction.
std::string percent(double fraction, int digits = 1);
/// "data:image/jpeg;base64,…"
std::string data_uri(std::string_view bytes, std::string_view type);

}  // namespace quarry::report
