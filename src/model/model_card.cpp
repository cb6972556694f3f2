#include "quarry/model/model_card.hpp"

#include <algorithm>
#include <initializer_list>
#include <system_error>

#include "quarry/core/detail/text.hpp"
#include "quarry/decode/image_size.hpp"

#include "core/json_object.hpp"

namespace quarry {
namespace {

using detail::JsonObject;

constexpr std::size_t max_side = max_image_side;
constexpr std::size_t max_channels = 1'024;
// A card is a few lines somebody typed: an input beyond this is a mistake, and
// must not become an allocation.
constexpr std::size_t max_elements = std::size_t{1} << 28;

/// One object of the card called `name`.
JsonObject object_of(const Json& json, const char* path, std::string_view name,
                     std::initializer_list<std::string_view> known) {
  return {json, path, {"card.invalid", std::string(name), "card"}, known};
}

Task task_of(const std::string& word) {
  if (word == "multilabel") return Task::multilabel;
  if (word == "regression") return Task::regression;
  return Task::multiclass;
}

const char* word_of(Task task) {
  switch (task) {
    case Task::multilabel:
      return "multilabel";
    case Task::regression:
      return "regression";
    case Task::multiclass:
      break;
  }
  return "multiclass";
}

void parse_input(const Json& json, std::string_view name, ModelCard& card) {
  const JsonObject input =
      object_of(json, "input", name, {"height", "width", "channels"});
  card.height = input.whole("height", card.height, 1, max_side);
  card.width = input.whole("width", card.width, 1, max_side);
  card.channels = input.whole("channels", card.channels, 1, max_channels);
  if (card.height * card.width * card.channels > max_elements) {
    input.complain("input",
                   "has more than " + std::to_string(max_elements) + " values");
  }
}

void parse_preprocess(const Json& json, std::string_view name,
                      ModelCard& card) {
  const JsonObject object =
      object_of(json, "preprocess", name,
                {"resize", "crop", "scale", "mean", "std", "channel_order"});
  Preprocess& to = card.preprocess;
  to.resize = object.whole("resize", 0, 0, max_side);
  to.crop = object.whole("crop", 0, 0, max_side);
  to.scale = object.number("scale", to.scale);
  to.mean = object.numbers("mean", card.channels, "channel");
  to.std = object.numbers("std", card.channels, "channel");
  to.bgr = object.word("channel_order", "rgb", {"rgb", "bgr"}) == "bgr";

  const std::string size =
      std::to_string(card.height) + " x " + std::to_string(card.width);
  if (to.crop != 0 && (to.crop != card.height || to.crop != card.width)) {
    object.complain("preprocess.crop",
                    "is " + std::to_string(to.crop) + ", but the input is " +
                        size + ": leave it out, or make them equal");
  }
  if (to.resize != 0 && to.resize < std::max(card.height, card.width)) {
    object.complain("preprocess.resize",
                    "is " + std::to_string(to.resize) +
                        ", which does not cover the input of " + size);
  }
  if (!(to.scale > 0)) {
    object.complain("preprocess.scale", "must be positive");
  }
  for (const double deviation : to.std) {
    if (!(deviation > 0)) {
      object.complain("preprocess.std", "holds a number that is not positive");
    }
  }
  if (to.bgr && card.channels != 3) {
    object.complain("preprocess.channel_order",
                    "is \"bgr\", but the input has " +
                        std::to_string(card.channels) + " channels");
  }
}

}  // namespace

ModelCard ModelCard::parse(const Json& document, std::string_view name) {
  const JsonObject root =
      object_of(document, "", name,
                {"task", "input", "preprocess", "classes", "outputs"});
  ModelCard card;
  card.task = task_of(root.word("task", "multiclass",
                                {"multiclass", "multilabel", "regression"}));
  if (const Json* input = root.find("input")) parse_input(*input, name, card);
  if (const Json* preprocess = root.find("preprocess")) {
    parse_preprocess(*preprocess, name, card);
  }
  card.classes = root.words("classes");
  card.outputs = root.words("outputs");
  const std::vector<std::string> both = {"logits", "embeddings"};
  if (!card.outputs.empty() && card.outputs != both &&
      card.outputs != std::vector<std::string>{"logits"}) {
    root.complain("outputs",
                  "must be [\"logits\"] or [\"logits\", \"embeddings\"]");
  }
  return card;
}

std::optional<ModelCard> ModelCard::beside(const std::filesystem::path& model) {
  std::filesystem::path file = model;
  file.replace_extension(".json");
  std::error_code ignored;
  // A dangling link is no missing card: reading it says what is wrong.
  const auto status = std::filesystem::symlink_status(file, ignored);
  if (!std::filesystem::exists(status)) return std::nullopt;
  return parse(read_json(file), detail::shown(file));
}

Json ModelCard::to_json() const {
  Json document;
  document["task"] = word_of(task);
  document["input"] = {
      {"height", height}, {"width", width}, {"channels", channels}};
  Json& pre = document["preprocess"];
  pre = Json::object();
  if (preprocess.resize != 0) pre["resize"] = preprocess.resize;
  if (preprocess.crop != 0) pre["crop"] = preprocess.crop;
  pre["scale"] = preprocess.scale;
  if (!preprocess.mean.empty()) pre["mean"] = preprocess.mean;
  if (!preprocess.std.empty()) pre["std"] = preprocess.std;
  pre["channel_order"] = preprocess.bgr ? "bgr" : "rgb";
  if (!classes.empty()) document["classes"] = classes;
  if (!outputs.empty()) document["outputs"] = outputs;
  return document;
}

}  // namespace quarry
