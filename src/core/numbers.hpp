#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quarry::detail {

// Numbers for people, the same in every locale.

/// "12,345"
std::string grouped(std::uint64_t count);
/// "1 sample", "10,000 samples"; `many` where it is not `one` with an s.
std::string counted(std::uint64_t count, std::string_view one,
                    std::string_view many = {});
/// With so many digits after the point: "4.1", "nan", "-inf".
std::string fixed(double value, int digits);
/// With no more digits than tell it from all other doubles: "0.1", "1e-17".
std::string shortest(double value);

}  // namespace quarry::detail
