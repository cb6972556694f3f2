#pragma once

#include <span>
#include <string>
#include <string_view>

#include "quarry/core/detail/records.hpp"

namespace quarry::detail {

/// What an object says about one of its keys.
struct JsonField {
  std::string_view key;
  std::string text = {};       ///< of a text or a number
  std::string_view type = {};  ///< "string", "number", …; "" when absent, null
  bool present() const noexcept { return !type.empty(); }
};

/// Takes `fields` from the JSON object in `line`, the last that `lines` gave,
/// without building the rest of it. Of a key that stands there twice the last
/// counts.
///
/// Raises `json.invalid` for what is no JSON, as `parse_json` does. What is
/// wrong with JSON that is no object, or has neither text nor number under one
/// of the keys, is returned in words; else nothing.
std::string read_fields(std::string_view line, const LineReader& lines,
                        std::span<JsonField> fields);

}  // namespace quarry::detail
