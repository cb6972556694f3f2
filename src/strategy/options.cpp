#include "quarry/strategy/detail/options.hpp"

#include <sstream>

#include "quarry/core/error.hpp"

namespace quarry::detail {

void expect_option(bool holds, std::string_view name, double value,
                   std::string_view must_be) {
  if (holds) return;
  std::ostringstream text;
  text << "parameter " << name << '=' << value << ": must be " << must_be;
  raise("strategy.bad_param", text.str());
}

void expect_at_least_one(std::string_view name, std::size_t value) {
  expect_option(value >= 1, name, static_cast<double>(value), "at least 1");
}

}  // namespace quarry::detail
