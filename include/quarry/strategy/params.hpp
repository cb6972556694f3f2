#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace quarry {

/// The parameters of a strategy chosen by name: `--param key=value`, or the
/// keys of a configuration file.
///
/// A factory asks for what it knows and gives the default; what nobody asked
/// for is an error, and so is a value that is not what was asked for.
class StrategyParams {
 public:
  StrategyParams() = default;
  StrategyParams(
      std::initializer_list<std::pair<std::string_view, std::string_view>>
          params);

  /// From "key=value" strings. Raises `strategy.bad_param` for one without `=`
  /// or key, and for a key given twice.
  static StrategyParams parse(std::span<const std::string> assignments);
  /// Adds one; raises `strategy.bad_param` when `key` is empty or there.
  void set(std::string_view key, std::string_view value);

  /// A finite number in [low, high]; raises `strategy.bad_param` otherwise.
  double number(std::string_view key, double fallback,
                double low = std::numeric_limits<double>::lowest(),
                double high = std::numeric_limits<double>::max());
  /// A whole number in [low, high]; raises `strategy.bad_param` otherwise.
  std::int64_t integer(
      std::string_view key, std::int64_t fallback,
      std::int64_t low = std::numeric_limits<std::int64_t>::min(),
      std::int64_t high = std::numeric_limits<std::int64_t>::max());
  /// The same for what is counted: sizes, or how many of something.
  std::size_t count(std::string_view key, std::size_t fallback,
                    std::size_t low = 0);
  /// `true`, `false`, `1` or `0`; raises `strategy.bad_param` otherwise.
  bool boolean(std::string_view key, bool fallback);
  /// Any text.
  std::string text(std::string_view key, std::string_view fallback);
  /// One of `choices`; raises `strategy.bad_param` listing them otherwise.
  std::string one_of(std::string_view key, std::string_view fallback,
                     std::initializer_list<std::string_view> choices);

  /// Takes out those that no getter asked for: the parameters of a strategy
  /// within this one. Unknown there, the names of both are suggested.
  StrategyParams take_rest();

  /// Raises `strategy.unknown_param` when there is a parameter that no getter
  /// asked for, suggesting the nearest that one did. `who` is the strategy.
  void expect_all_known(std::string_view who) const;

  bool empty() const noexcept { return values_.empty(); }
  /// `{"key": value}` as given, keys ascending: numbers and booleans as such,
  /// all else as text.
  nlohmann::ordered_json to_json() const;

 private:
  // Null when not given; remembers that somebody asked.
  const std::string* ask(std::string_view key);

  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace quarry
