#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace quarry {

/// A JSON value whose objects keep the order of their keys.
using Json = nlohmann::ordered_json;

/// Parses one document. `name` is what the message calls the text (a file name,
/// "pool.jsonl:17"). Raises `json.invalid` naming it, the position and what was
/// expected; also for nesting deeper than 200 levels and for an object of more
/// than 4096 keys, whose lookup takes time quadratic in their number.
Json parse_json(std::string_view text, std::string_view name);

/// Reads one document from a file. Raises `file.*` and `json.invalid`.
Json read_json(const std::filesystem::path& file);

/// Replaces `file` by the document, indented by `indent` spaces, in one step.
/// Raises `file.write`.
void write_json(const std::filesystem::path& file, const Json& document,
                int indent = 2);

/// The document in one line, NaN and infinities as null, invalid UTF-8
/// replaced, so that what comes out is always JSON.
std::string to_line(const Json& document);

/// A finite number, or null: JSON has no NaN.
Json finite_or_null(double value);

}  // namespace quarry
