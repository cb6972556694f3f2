#pragma once

#include <cstddef>
#include <string_view>

namespace quarry::detail {

/// Raises `strategy.bad_param` unless `holds`: "parameter beta=-1: must be
/// finite and at least 0".
void expect_option(bool holds, std::string_view name, double value,
                   std::string_view must_be);

/// The same for a count that must be at least 1.
void expect_at_least_one(std::string_view name, std::size_t value);

/// Calls `validate()` of a policy that has one.
template <class Policy>
void validate(const Policy& policy) {
  if constexpr (requires { policy.validate(); }) policy.validate();
}

}  // namespace quarry::detail
