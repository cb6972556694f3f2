#include "core/json_object.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/did_you_mean.hpp"

namespace quarry::detail {
namespace {

std::string list(const auto& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += between;
    text += '"' + std::string(word) + '"';
  }
  return text;
}

bool is_whole(const Json& value, std::size_t least, std::size_t most) {
  if (!value.is_number_integer()) return false;
  if (!value.is_number_unsigned() && value.get<std::int64_t>() < 0) {
    return false;
  }
  const auto number = value.get<std::uint64_t>();
  return number >= least && number <= most;
}

}  // namespace

JsonObject::JsonObject(const Json& json, std::string path,
                       JsonDocument document,
                       std::initializer_list<std::string_view> known)
    : json_(json),
      path_(std::move(path)),
      document_(std::move(document)),
      known_(known.begin(), known.end()) {
  if (!json.is_object()) {
    complain(path_, "is " + shown(json) + ", but must be an object");
  }
  for (const auto& [key, value] : json.items()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      unknown(key);
    }
  }
}

void JsonObject::expect_all() const {
  for (const std::string& key : known_) {
    if (find(key) == nullptr) complain(full(key), "is missing");
  }
}

const Json* JsonObject::find(std::string_view key) const {
  const auto at = json_.find(key);
  return at == json_.end() ? nullptr : &*at;
}

std::size_t JsonObject::whole(std::string_view key, std::size_t missing,
                              std::size_t least, std::size_t most) const {
  const Json* value = find(key);
  if (value == nullptr) return missing;
  if (!is_whole(*value, least, most)) {
    complain(full(key),
             "is " + shown(*value) + ", but must be a whole number from " +
                 std::to_string(least) + " to " + std::to_string(most));
  }
  return value->get<std::size_t>();
}

double JsonObject::number(std::string_view key, double missing) const {
  const Json* value = find(key);
  if (value == nullptr) return missing;
  if (!value->is_number() || !std::isfinite(value->get<double>())) {
    complain(full(key), "is " + shown(*value) + ", but must be a number");
  }
  return value->get<double>();
}

bool JsonObject::yes(std::string_view key, bool missing) const {
  const Json* value = find(key);
  if (value == nullptr) return missing;
  if (!value->is_boolean()) {
    complain(full(key), "is " + shown(*value) + ", but must be true or false");
  }
  return value->get<bool>();
}

std::string JsonObject::text(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
    complain(full(key), "is " + shown(*value) + ", but must be a text");
  }
  return value->get<std::string>();
}

std::string JsonObject::word(
    std::string_view key, std::string missing,
    std::initializer_list<std::string_view> allowed) const {
  const Json* value = find(key);
  if (value == nullptr) return missing;
  const bool fits =
      value->is_string() &&
      std::find(allowed.begin(), allowed.end(),
                value->get_ref<const std::string&>()) != allowed.end();
  if (!fits) {
    complain(full(key),
             "is " + shown(*value) + ", but must be " + list(allowed, " or "));
  }
  return value->get<std::string>();
}

std::vector<double> JsonObject::numbers(std::string_view key, std::size_t count,
                                        std::string_view one_for) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  const std::string wanted = "but must be " + std::to_string(count) +
                             " numbers, one a " + std::string(one_for);
  if (!value->is_array() || value->size() != count) {
    complain(full(key), "is " + shown(*value) + ", " + wanted);
  }
  std::vector<double> numbers;
  for (const Json& number : *value) {
    if (!number.is_number() || !std::isfinite(number.get<double>())) {
      complain(full(key), "holds " + shown(number) + ", " + wanted);
    }
    numbers.push_back(number.get<double>());
  }
  return numbers;
}

std::vector<std::size_t> JsonObject::wholes(std::string_view key,
                                            std::size_t least,
                                            std::size_t most) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  const std::string wanted = "but must be a list of whole numbers from " +
                             std::to_string(least) + " to " +
                             std::to_string(most);
  if (!value->is_array()) {
    complain(full(key), "is " + shown(*value) + ", " + wanted);
  }
  std::vector<std::size_t> numbers;
  for (const Json& number : *value) {
    if (!is_whole(number, least, most)) {
      complain(full(key), "holds " + shown(number) + ", " + wanted);
    }
    numbers.push_back(number.get<std::size_t>());
  }
  return numbers;
}

std::vector<std::string> JsonObject::words(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    complain(full(key),
             "is " + shown(*value) + ", but must be a list of words");
  }
  std::vector<std::string> words;
  std::set<std::string> seen;
  for (const Json& word : *value) {
    if (!word.is_string() || word.get_ref<const std::string&>().empty()) {
      complain(full(key),
               "holds " + shown(word) + ", but must be a list of words");
    }
    words.push_back(word.get<std::string>());
    if (!seen.insert(words.back()).second) {
      complain(full(key), "holds " + shown(word) + " twice");
    }
  }
  return words;
}

void JsonObject::complain(const std::string& key,
                          const std::string& complaint) const {
  const std::string what =
      key.empty() ? "the " + std::string(document_.noun) : key;
  raise(document_.invalid, document_.name + ": " + what + ' ' + complaint);
}

std::string JsonObject::full(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

std::string JsonObject::shown(const Json& value) {
  return cut(to_line(value), 60);
}

void JsonObject::unknown(const std::string& key) const {
  const std::string meant = did_you_mean(key, known_);
  raise(document_.invalid,
        document_.name + ": " + shown(key) + " is no key " +
            (path_.empty() ? "of a " + std::string(document_.noun)
                           : "in " + path_),
        meant.empty() ? "known keys: " + list(known_, ", ") : meant);
}

}  // namespace quarry::detail
