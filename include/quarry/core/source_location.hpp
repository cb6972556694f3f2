#pragma once

namespace quarry {

/// A place in a source file, with the members of `std::source_location`, which
/// clang 14 does not offer. As a default argument, `current()` is the place of
/// the call.
class SourceLocation {
 public:
  static constexpr SourceLocation current(
      const char* file = __builtin_FILE(),
      const char* function = __builtin_FUNCTION(),
      unsigned line = __builtin_LINE()) noexcept {
    SourceLocation place;
    place.file_ = file;
    place.function_ = function;
    place.line_ = line;
    return place;
  }

  constexpr const char* file_name() const noexcept { return file_; }
  constexpr const char* function_name() const noexcept { return function_; }
  constexpr unsigned line() const noexcept { return line_; }

 private:
  const char* file_ = "";
  const char* function_ = "";
  unsigned line_ = 0;
};

}  // namespace quarry
