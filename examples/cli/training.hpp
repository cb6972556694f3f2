#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "quarry/core/labelled_set.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/model/fit.hpp"
#include "quarry/model/predictions.hpp"
#include "quarry/pipeline/options.hpp"
#include "quarry/pipeline/selection.hpp"

namespace quarry::cli {

/// Samples of a source whose class is known.
struct LabelledRows {
  std::vector<std::string> classes;  ///< sorted: numbers by value, then names
  std::vector<std::size_t> rows;     ///< in the source, ascending
  std::vector<std::int64_t> labels;  ///< of `rows`
};

/// What there is to learn from: the samples in `set`, with its label or else
/// the one the source knows; all whose label the source knows when `set` is
/// empty. Raises `train.no_labels`, `train.one_class`.
LabelledRows labelled_rows(const AnySource& source, const LabelledSet& set);

/// Decoded samples in memory, with their classes.
struct Decoded {
  SampleSpec spec;
  std::vector<std::byte> bytes;
  std::vector<std::size_t> rows;  ///< in the source
  std::vector<std::int64_t> labels;
  std::vector<BadSample> failures;

  SlabView view() const { return {bytes, rows.size(), spec}; }
  TrainingSet set() const { return {view(), labels}; }
};

struct DecodeOptions {
  std::size_t threads = 1;
  ErrorPolicy errors = {};
  std::stop_token stop = {};
};

/// Reads and decodes `rows`. Bad samples are left out, as the error policy
/// says; raises `pipeline.bad_sample` and `pipeline.too_many_bad` as a pipeline
/// does.
Decoded decode_rows(const AnySource& source, const AnyDecoder& decoder,
                    std::span<const std::size_t> rows,
                    std::span<const std::int64_t> labels,
                    const DecodeOptions& options);

/// Parts `all` by the seeded hash of the ids: about `fraction` of the samples
/// go to the second part.
std::pair<LabelledRows, LabelledRows> split(const LabelledRows& all,
                                            const AnySource& source,
                                            double fraction,
                                            std::uint64_t seed);

}  // namespace quarry::cli
