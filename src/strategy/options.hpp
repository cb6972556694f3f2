#pragma once

#include <string_view>

namespace quarry::detail {

/// Raises `strategy.bad_param` unless `holds`: "parameter beta=-1: must be
/// finite and at least 0".
void expect_option(bool holds, std::string_view name, double value,
                   std::string_view must_be);

}  // namespace quarry::detail
