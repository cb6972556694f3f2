#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "quarry/core/bytes.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/result.hpp"

namespace quarry::fuzz {

/// Says what is wrong and ends the program, which libFuzzer takes for a
/// finding.
[[noreturn]] void found(std::string_view what);

/// A property that every input must have.
inline void check(bool holds, std::string_view property) {
  if (!holds) found(property);
}

/// To refuse input is a normal end, with an id that docs/errors.md explains:
/// one that blames the input and not the program.
void check_refusal(const Failure& failure);

/// What `read` returns; nothing when it refuses the input. A `Result` is
/// unwrapped.
template <class Read>
auto attempt(Read&& read) {
  using Returned = std::invoke_result_t<Read>;
  if constexpr (requires(Returned result) { result.error(); }) {
    using Value = typename Returned::value_type;
    using Taken = std::conditional_t<std::is_void_v<Value>, bool, Value>;
    Returned result = read();
    if (!result.ok()) check_refusal(result.error());
    if constexpr (std::is_void_v<Value>) {
      return result.ok() ? std::optional(true) : std::nullopt;
    } else {
      return result.ok() ? std::optional<Taken>(std::move(result).value())
                         : std::nullopt;
    }
  } else {
    std::optional<Returned> value;
    try {
      value.emplace(read());
    } catch (const Error& error) {
      check_refusal(error.failure());
    }
    return value;
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes a character from the front, which says what to do with the rest; NUL
/// when there is none.
inline char take_front(std::string_view& input) {
  if (input.empty()) return '\0';
  const char c = input.front();
  input.remove_prefix(1);
  return c;
}

/// A file called `name` that holds the input, until the next of that name.
std::filesystem::path as_file(std::string_view name, std::string_view input);

}  // namespace quarry::fuzz
