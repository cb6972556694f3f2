#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/result.hpp"

namespace quarry::detail {

/// A value of a tf.Example: a list of texts (bytes), of floats or of whole
/// numbers; or nothing.
struct TfFeature {
  enum class Kind { none, bytes, floats, ints };
  Kind kind = Kind::none;
  std::vector<std::string_view> bytes = {};
  std::vector<float> floats = {};
  std::vector<std::int64_t> ints = {};

  friend bool operator==(const TfFeature&, const TfFeature&) = default;
};

/// A tf.Example, the message of named values that TFRecord files hold. Its
/// texts point into the bytes that it was made from.
using TfExample = std::map<std::string_view, TfFeature, std::less<>>;

/// Reads a message as protocol buffers do: what is unknown is skipped, of a
/// name that stands there twice the last counts, lists may be packed or not.
/// Failure: `tfrecord.example`, for bytes that are no such message, and for one
/// of more than 65,536 names.
Result<TfExample> parse_tf_example(std::span<const std::byte> bytes);

/// The message, the same for equal values: names in byte-wise order, numbers
/// packed.
std::string write_tf_example(const TfExample& example);

}  // namespace quarry::detail
