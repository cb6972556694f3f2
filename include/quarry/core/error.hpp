#pragma once

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "quarry/core/source_location.hpp"

namespace quarry {

/// The stable name of a kind of error: `area.what`, lower snake case, checked
/// at compile time. Every id is explained in docs/errors.md.
class ErrorId {
 public:
  template <std::size_t N>
  consteval ErrorId(const char (&text)[N]) : text_(text, N - 1) {
    std::size_t dots = 0;
    for (const char c : text_) {
      const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (c == '.') ++dots;
      if (!word && c != '_' && c != '.') throw "an error id is area.what";
    }
    if (dots != 1) throw "an error id has exactly one dot";
  }
  constexpr std::string_view text() const noexcept { return text_; }
  friend constexpr bool operator==(ErrorId a, std::same_as<ErrorId> auto b) {
    return a.text_ == b.text_;
  }
  friend constexpr bool operator==(ErrorId a, std::string_view b) {
    return a.text_ == b;
  }

 private:
  std::string_view text_;
};

/// Whom a failure concerns. What is wrong with one sample is carried to the
/// report; what is wrong with the run (credentials, name resolution, no route)
/// stops it at once.
enum class Blame { sample, run };

/// Something that went wrong, as a value. A bad sample in a stream is a
/// `Failure`, never an exception.
///
/// `message` speaks to an operator: it names the offending value. `hint`, when
/// there is one, names the fix.
struct Failure {
  ErrorId id;
  std::string message;
  std::string hint = {};
  Blame blame = Blame::sample;
};

/// The one exception root: environment and input errors.
///
/// `what()` is `error[id]: message`, then the hint on a line of its own.
class Error : public std::runtime_error {
 public:
  explicit Error(Failure failure,
                 SourceLocation where = SourceLocation::current());

  std::string_view id() const noexcept { return failure_.id.text(); }
  const std::string& message() const noexcept { return failure_.message; }
  const std::string& hint() const noexcept { return failure_.hint; }
  const Failure& failure() const noexcept { return failure_; }
  const SourceLocation& where() const noexcept { return where_; }

 private:
  Failure failure_;
  SourceLocation where_;
};

/// Throws `Error`. All of Quarry's throwing goes through this function.
[[noreturn]] void raise(ErrorId id, std::string message, std::string hint = {},
                        SourceLocation where = SourceLocation::current());
[[noreturn]] void raise(Failure failure,
                        SourceLocation where = SourceLocation::current());

namespace detail {
[[noreturn]] void contract_violated(std::string_view condition,
                                    std::string_view message,
                                    SourceLocation where);
}  // namespace detail

}  // namespace quarry

/// States what the caller promised. A broken promise is a programmer's error:
/// it throws `Error` with the id `contract.violated` and the place.
#define QUARRY_EXPECTS(condition, message)    \
  ((condition)                                \
       ? static_cast<void>(0)                 \
       : ::quarry::detail::contract_violated( \
             #condition, message, ::quarry::SourceLocation::current()))
