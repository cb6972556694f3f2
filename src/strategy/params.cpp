#include "quarry/strategy/params.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "quarry/core/did_you_mean.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"

namespace quarry {
namespace {

/// The whole of `text` as a number, independent of the locale.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

template <class T>
std::string show(T value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

template <class T>
std::string range(T low, T high) {
  const bool below = low > std::numeric_limits<T>::lowest();
  const bool above = high < std::numeric_limits<T>::max();
  if (below && above) return " from " + show(low) + " to " + show(high);
  if (below) return " of at least " + show(low);
  if (above) return " of at most " + show(high);
  return "";
}

[[noreturn]] void refuse(std::string_view key, std::string_view value,
                         const std::string& wanted) {
  raise("strategy.bad_param", "parameter " + std::string(key) + "=" +
                                  std::string(value) + ": must be " + wanted);
}

std::string quoted_list(const auto& names) {
  std::string list;
  for (const auto& name : names) {
    list += list.empty() ? "" : ", ";
    list += name;
  }
  return list;
}

}  // namespace

StrategyParams::StrategyParams(
    std::initializer_list<std::pair<std::string_view, std::string_view>>
        params) {
  for (const auto& [key, value] : params) set(key, value);
}

StrategyParams StrategyParams::parse(std::span<const std::string> assignments) {
  StrategyParams params;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      raise("strategy.bad_param", "'" + assignment + "' is not key=value");
    }
    params.set(std::string_view(assignment).substr(0, equals),
               std::string_view(assignment).substr(equals + 1));
  }
  return params;
}

void StrategyParams::set(std::string_view key, std::string_view value) {
  if (key.empty()) {
    raise("strategy.bad_param",
          "'=" + std::string(value) + "' is not key=value: it has no key");
  }
  if (!values_.emplace(key, value).second) {
    raise("strategy.bad_param",
          "parameter " + std::string(key) + " is given twice");
  }
}

const std::string* StrategyParams::ask(std::string_view key) {
  known_.emplace(key);
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

double StrategyParams::number(std::string_view key, double fallback, double low,
                              double high) {
  const std::string* given = ask(key);
  if (given == nullptr) return fallback;
  const auto value = parse_number<double>(*given);
  // NaN and infinities fail the comparison.
  if (!value || !(*value >= low && *value <= high)) {
    refuse(key, *given, "a number" + range(low, high));
  }
  return *value;
}

std::int64_t StrategyParams::integer(std::string_view key,
                                     std::int64_t fallback, std::int64_t low,
                                     std::int64_t high) {
  const std::string* given = ask(key);
  if (given == nullptr) return fallback;
  const auto value = parse_number<std::int64_t>(*given);
  if (!value || *value < low || *value > high) {
    refuse(key, *given, "a whole number" + range(low, high));
  }
  return *value;
}

std::size_t StrategyParams::count(std::string_view key, std::size_t fallback,
                                  std::size_t low) {
  return static_cast<std::size_t>(integer(key,
                                          static_cast<std::int64_t>(fallback),
                                          static_cast<std::int64_t>(low)));
}

bool StrategyParams::boolean(std::string_view key, bool fallback) {
  const std::string* given = ask(key);
  if (given == nullptr) return fallback;
  if (*given == "true" || *given == "1") return true;
  if (*given == "false" || *given == "0") return false;
  refuse(key, *given, "true or false");
}

std::string StrategyParams::text(std::string_view key,
                                 std::string_view fallback) {
  const std::string* given = ask(key);
  return given == nullptr ? std::string(fallback) : *given;
}

std::string StrategyParams::one_of(
    std::string_view key, std::string_view fallback,
    std::initializer_list<std::string_view> choices) {
  std::string value = text(key, fallback);
  if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
    refuse(key, value,
           (choices.size() == 1 ? "" : "one of ") + quoted_list(choices));
  }
  return value;
}

StrategyParams StrategyParams::take_rest() {
  StrategyParams rest;
  rest.known_ = known_;
  std::erase_if(values_, [&](const auto& param) {
    if (known_.contains(param.first)) return false;
    rest.values_.insert(param);
    return true;
  });
  return rest;
}

void StrategyParams::expect_all_known(std::string_view who) const {
  const std::vector<std::string> known(known_.begin(), known_.end());
  for (const auto& [key, value] : values_) {
    if (known_.contains(key)) continue;
    const std::string meant = did_you_mean(key, known);
    std::string hint = known.empty() ? std::string(who) + " has no parameters"
                                     : "it has " + quoted_list(known);
    if (!meant.empty()) hint = meant + ' ' + hint;
    raise("strategy.unknown_param",
          std::string(who) + " has no parameter '" + key + "'", hint);
  }
}

nlohmann::ordered_json StrategyParams::to_json() const {
  Json object = Json::object();
  for (const auto& [key, value] : values_) {
    if (value == "true" || value == "false") {
      object[key] = value == "true";
    } else if (const auto whole = parse_number<std::int64_t>(value)) {
      object[key] = *whole;
    } else if (const auto real = parse_number<double>(value);
               real && std::isfinite(*real)) {
      object[key] = *real;
    } else {
      object[key] = value;
    }
  }
  return object;
}

}  // namespace quarry
