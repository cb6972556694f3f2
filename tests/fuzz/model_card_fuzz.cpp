// A model card.

#include "quarry/model/model_card.hpp"

#include "fuzz.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto card = fuzz::attempt(
      [&] { return ModelCard::parse(parse_json(text, "input"), "input"); });
  if (!card) return 0;
  const std::string written = to_line(card->to_json());
  fuzz::check(
      ModelCard::parse(parse_json(written, "written"), "written") == *card,
      "what is written is read as something else");
  return 0;
}
