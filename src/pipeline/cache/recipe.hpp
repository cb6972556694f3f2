#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "quarry/core/json.hpp"

namespace quarry::detail {

/// Of `Recipe::id()` and `model_id()`.
constexpr std::size_t recipe_digits = 32;

/// Numbers that are kept of a sample: probabilities, passes, embedding.
constexpr std::size_t kept_numbers(std::size_t classes, std::size_t features,
                                   std::size_t passes) noexcept {
  return classes + features + passes * classes;
}

/// All that decides what is said of a sample, but for its bytes.
struct Recipe {
  std::string model = {};          ///< its fingerprint, or that of its backbone
  std::string decoder = {};        ///< its fingerprint
  std::string row = {};            ///< shape and type of a decoded sample
  std::string computes_with = {};  ///< library, instruction set, device
  std::size_t batch = 0;           ///< rows that the model sees at once
  std::size_t classes = 0;         ///< C; 0: embeddings alone
  std::size_t features = 0;        ///< D; 0: no embeddings
  std::size_t passes = 0;          ///< K
  std::uint64_t seed = 0;          ///< of the passes; 0 without any
  bool plain = true;               ///< predictions without dropout, too

  /// Numbers of a row.
  std::size_t width() const noexcept {
    return kept_numbers(classes, features, passes);
  }

  /// "prediction" or "embedding": what is kept.
  const char* what() const noexcept;
  Json to_json() const;
  /// 32 hexadecimal digits that differ when anything does.
  std::string id() const;
  /// The same for all recipes of a model: the name of their folder.
  std::string model_id() const;
};

}  // namespace quarry::detail
