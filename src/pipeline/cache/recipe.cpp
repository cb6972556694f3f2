#include "pipeline/cache/recipe.hpp"

#include <string_view>

#include "quarry/version.hpp"

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

constexpr int layout = 3;

std::string short_digest(std::string_view text) {
  return sha256_hex(text).substr(0, recipe_digits);
}

}  // namespace

const char* Recipe::what() const noexcept {
  return classes == 0 ? "embedding" : "prediction";
}

Json Recipe::to_json() const {
  return {{"layout", layout},     {"quarry", QUARRY_VERSION},
          {"model", model},       {"decoder", decoder},
          {"row", row},           {"computes_with", computes_with},
          {"batch", batch},       {"classes", classes},
          {"features", features}, {"passes", passes},
          {"seed", seed},         {"plain", plain}};
}

std::string Recipe::id() const {
  // Not the JSON, whose text is UTF-8 and drops what is not.
  std::string all;
  const auto add = [&](const std::string& part) {
    all += std::to_string(part.size()) + ' ' + part;
  };
  const Json json = to_json();
  for (const auto& [key, value] : json.items())
    if (!value.is_string()) add(value.dump());
  for (const std::string* text : {&model, &decoder, &row, &computes_with})
    add(*text);
  add(QUARRY_VERSION);
  return short_digest(all);
}

std::string Recipe::model_id() const {
  return short_digest(model);
}

}  // namespace quarry::detail
