#include "pipeline/cache/recipe.hpp"

#include <string_view>

#include "quarry/version.hpp"

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

constexpr int layout = 1;
constexpr std::size_t digits = 32;

std::string short_digest(std::string_view text) {
  return sha256_hex(text).substr(0, digits);
}

}  // namespace

Json Recipe::to_json() const {
  return {{"layout", layout},     {"quarry", QUARRY_VERSION},
          {"model", model},       {"decoder", decoder},
          {"row", row},           {"computes_with", computes_with},
          {"batch", batch},       {"classes", classes},
          {"features", features}, {"passes", passes},
          {"seed", seed},         {"plain", plain}};
}

std::string Recipe::id() const {
  return short_digest(to_line(to_json()));
}

std::string Recipe::model_id() const {
  return short_digest(model);
}

}  // namespace quarry::detail
