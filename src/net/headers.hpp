#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quarry::detail {

/// The headers of an answer as they came, in one piece of memory; looked
/// through when one is asked for. Names count in any case, of several with one
/// name the last.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string_view, std::string_view>>
              headers);

  void add(std::string_view name, std::string_view value);
  /// Takes a line of an answer's head. A status line begins them anew: of a
  /// redirect only the last answer counts. What is no header is passed over.
  void take(std::string_view line);

  std::optional<std::string_view> find(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept {
    return find(name).has_value();
  }
  /// Empty when there is none.
  std::string text(std::string_view name) const {
    return std::string(find(name).value_or(""));
  }

 private:
  std::string lines_;  ///< "Name:value\n"
};

}  // namespace quarry::detail
