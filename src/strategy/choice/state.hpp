#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"

#include "core/json_object.hpp"

namespace quarry::detail {

/// More strategies than anybody has: a state must not become an allocation.
inline constexpr std::size_t max_listed = 1'000'000;

/// An object of a saved state, all of whose keys must be there. Raises
/// `strategy.bad_state`.
inline JsonObject state_object(const Json& state, const char* path,
                               std::string_view name,
                               std::initializer_list<std::string_view> keys) {
  JsonObject object(state, path,
                    {"strategy.bad_state", std::string(name), "state"}, keys);
  object.expect_all();
  return object;
}

/// What `make` makes; its `strategy.bad_param` is the fault of the state.
auto restored(const JsonObject& object, const auto& make) {
  try {
    return make();
  } catch (const Error& error) {
    object.complain("", "holds a " + error.message());
  }
}

}  // namespace quarry::detail
