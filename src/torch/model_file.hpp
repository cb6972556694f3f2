#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "quarry/core/bytes.hpp"
#include "quarry/model/model_card.hpp"

namespace quarry::detail {

/// The contents of a model file. Raises `model.not_found`, `file.*`.
Bytes read_model_file(const std::filesystem::path& file);

/// `given`, held against the rules of a card from a file, or what lies beside
/// the file; nothing without either. Raises `card.invalid`, `json.invalid`,
/// `file.*`.
std::optional<ModelCard> card_for(const std::filesystem::path& file,
                                  const std::optional<ModelCard>& given);

/// 128 bits of hash, in hexadecimal.
std::string fingerprint_of(const Bytes& bytes, const ModelCard& card);

}  // namespace quarry::detail
