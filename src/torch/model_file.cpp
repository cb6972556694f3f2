#include "torch/model_file.hpp"

#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"
#include "quarry/core/json.hpp"

#include "torch/fingerprint.hpp"

namespace quarry::detail {

Bytes read_model_file(const std::filesystem::path& file) {
  Result<Bytes> bytes = read_file(file);
  if (bytes) return *std::move(bytes);
  if (bytes.error().id == "file.not_found") {
    raise("model.not_found", "there is no model file " + shown(file));
  }
  raise(bytes.error());
}

std::optional<ModelCard> card_for(const std::filesystem::path& file,
                                  const std::optional<ModelCard>& given) {
  if (!given) return ModelCard::beside(file);
  return ModelCard::parse(given->to_json(), "the card of " + shown(file));
}

std::string fingerprint_of(const Bytes& bytes, const ModelCard& card) {
  Fingerprint fingerprint;
  fingerprint.add(bytes.text());
  fingerprint.add(to_line(card.to_json()));
  return fingerprint.text();
}

}  // namespace quarry::detail
