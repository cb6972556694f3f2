#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/model/task.hpp"

namespace quarry {

/// How a decoded image becomes the network's input:
/// `(pixel · scale − mean) / std`, channel by channel.
struct Preprocess {
  /// The shorter side after resizing, from the longer side of the input to
  /// 65,500; 0: just cover the input.
  std::size_t resize = 0;
  /// The side of the centre crop, of a square input the side of that; 0: the
  /// input's height and width.
  std::size_t crop = 0;
  double scale = 1.0 / 255.0;     ///< > 0
  std::vector<double> mean = {};  ///< one a channel; empty means 0
  std::vector<double> std = {};   ///< one a channel, > 0; empty means 1
  /// Channel order, rgb by default; true only with three channels.
  bool bgr = false;
  friend bool operator==(const Preprocess&, const Preprocess&) = default;
};

/// The card beside a model file, `NAME.json` beside `NAME.pt`: input,
/// preprocessing, classes.
struct ModelCard {
  Task task = Task::multiclass;
  /// Of the input: 1 … 65,500 pixels a side and 1 … 1024 channels, at most
  /// 2^28 values in all.
  std::size_t height = 224;
  std::size_t width = 224;
  std::size_t channels = 3;
  Preprocess preprocess = {};
  /// Class names, none empty and none twice; empty: called "0", "1", …
  std::vector<std::string> classes = {};
  /// What the file returns: {"logits"} or {"logits", "embeddings"}; empty:
  /// found out by running it.
  std::vector<std::string> outputs = {};
  friend bool operator==(const ModelCard&, const ModelCard&) = default;

  /// Parses a card; `name` is what messages call it. Raises `card.invalid`
  /// naming the key, its value and what is allowed. Unknown keys are errors
  /// that suggest the nearest known one.
  static ModelCard parse(const Json& document, std::string_view name);

  /// Reads `NAME.json` beside `model`; empty when there is none.
  static std::optional<ModelCard> beside(const std::filesystem::path& model);

  Json to_json() const;
};

}  // namespace quarry
