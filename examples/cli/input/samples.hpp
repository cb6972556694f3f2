#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "quarry/core/sample.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/pipeline/selection.hpp"

namespace quarry::cli {

/// Whose rows the arrays of `score` hold: samples.jsonl, a line a row, with
/// `row`, `id`, `uri` and, where the sample failed, `error` and `message`.
struct SampleRow {
  Sample sample;
  std::string failure = {};  ///< "decode.corrupt: …"; empty when it did not
};

/// Writes the file. Raises `file.write`.
void write_samples(const std::filesystem::path& file, const AnySource& source,
                   const std::vector<BadSample>& failures);

/// Reads it. Raises `file.*`, and `samples.invalid` naming the line.
std::vector<SampleRow> read_samples(const std::filesystem::path& file);

}  // namespace quarry::cli
