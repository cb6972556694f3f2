#include "quarry/model/model_card.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <system_error>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/did_you_mean.hpp"
#include "quarry/core/error.hpp"
#include "quarry/decode/image_size.hpp"

namespace quarry {
namespace {

constexpr std::size_t max_side = max_image_side;
constexpr std::size_t max_channels = 1'024;
// A card is a few lines somebody typed: an input beyond this is a mistake, and
// must not become an allocation.
constexpr std::size_t max_elements = std::size_t{1} << 28;

/// One object of a card, whose keys are all known ones.
class Object {
 public:
  Object(const Json& json, std::string path, std::string_view card,
         std::initializer_list<std::string_view> known)
      : json_(json), path_(std::move(path)), card_(card) {
    if (!json.is_object()) {
      complain(path_, "is " + shown(json) + ", but must be an object");
    }
    for (const auto& [key, value] : json.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        unknown(key, known);
      }
    }
  }

  const Json* find(std::string_view key) const {
    const auto at = json_.find(key);
    return at == json_.end() ? nullptr : &*at;
  }

  /// A whole number in [least, most], `missing` when the key is not there.
  std::size_t whole(std::string_view key, std::size_t missing,
                    std::size_t least, std::size_t most) const {
    const Json* value = find(key);
    if (value == nullptr) return missing;
    const bool negative = !value->is_number_unsigned() &&
                          value->is_number_integer() &&
                          value->get<std::int64_t>() < 0;
    const bool fits = value->is_number_integer() && !negative &&
                      value->get<std::uint64_t>() >= least &&
                      value->get<std::uint64_t>() <= most;
    if (!fits) {
      complain(full(key),
               "is " + shown(*value) + ", but must be a whole number from " +
                   std::to_string(least) + " to " + std::to_string(most));
    }
    return value->get<std::size_t>();
  }

  double number(std::string_view key, double missing) const {
    const Json* value = find(key);
    if (value == nullptr) return missing;
    if (!value->is_number() || !std::isfinite(value->get<double>())) {
      complain(full(key), "is " + shown(*value) + ", but must be a number");
    }
    return value->get<double>();
  }

  std::string word(std::string_view key, std::string missing,
                   std::initializer_list<std::string_view> allowed) const {
    const Json* value = find(key);
    if (value == nullptr) return missing;
    const bool fits =
        value->is_string() &&
        std::find(allowed.begin(), allowed.end(),
                  value->get_ref<const std::string&>()) != allowed.end();
    if (!fits) {
      complain(full(key), "is " + shown(*value) + ", but must be " +
                              list(allowed, " or "));
    }
    return value->get<std::string>();
  }

  /// One finite number a channel; empty when the key is not there.
  std::vector<double> per_channel(std::string_view key,
                                  std::size_t channels) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    const std::string wanted =
        "but must be " + std::to_string(channels) + " numbers, one a channel";
    if (!value->is_array() || value->size() != channels) {
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

  /// Strings, none twice, none empty; empty when the key is not there.
  std::vector<std::string> words(std::string_view key) const {
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

  [[noreturn]] void complain(const std::string& key,
                             const std::string& complaint) const {
    raise("card.invalid",
          card_ + ": " + (key.empty() ? "the card" : key) + ' ' + complaint);
  }

  std::string full(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
  }

 private:
  /// A value as it stands in the file, cut when long.
  static std::string shown(const Json& value) {
    return detail::cut(to_line(value), 60);
  }

  static std::string list(std::initializer_list<std::string_view> words,
                          std::string_view between) {
    std::string text;
    for (const std::string_view word : words) {
      if (!text.empty()) text += between;
      text += '"' + std::string(word) + '"';
    }
    return text;
  }

  [[noreturn]] void unknown(
      const std::string& key,
      std::initializer_list<std::string_view> known) const {
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string meant = did_you_mean(key, names);
    const std::string where = path_.empty() ? "" : " in " + path_;
    raise("card.invalid",
          card_ + ": " + shown(key) + " is no key" +
              (where.empty() ? " of a card" : where),
          meant.empty() ? "known keys: " + list(known, ", ") : meant);
  }

  const Json& json_;
  std::string path_;
  std::string card_;
};

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
  const Object input(json, "input", name, {"height", "width", "channels"});
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
  const Object object(
      json, "preprocess", name,
      {"resize", "crop", "scale", "mean", "std", "channel_order"});
  Preprocess& to = card.preprocess;
  to.resize = object.whole("resize", 0, 0, max_side);
  to.crop = object.whole("crop", 0, 0, max_side);
  to.scale = object.number("scale", to.scale);
  to.mean = object.per_channel("mean", card.channels);
  to.std = object.per_channel("std", card.channels);
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
  const Object root(document, "", name,
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
