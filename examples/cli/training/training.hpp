#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/labelled_set.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/model/any_model.hpp"
#include "quarry/model/fit.hpp"
#include "quarry/model/predictions.hpp"
#include "quarry/pipeline/options.hpp"
#include "quarry/pipeline/selection.hpp"

namespace quarry::cli {

/// Samples of a source whose class is known.
struct TrainingRows {
  std::vector<std::string> classes;  ///< sorted: numbers by value, then names
  std::vector<std::size_t> rows;     ///< in the source, ascending
  std::vector<std::int64_t> labels;  ///< of `rows`
};

/// What there is to learn from: the samples in `set`, with its label or else
/// the one the source knows; all whose label the source knows when `set` is
/// empty. Raises `train.no_labels`, `train.one_class`.
TrainingRows training_rows(const AnySource& source, const LabelledSet& set);

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

/// Reads and decodes `rows` with the threads, the stop token and the error
/// policy of `options`, as a pipeline over them does: bad samples are left out,
/// and it raises `pipeline.bad_sample`, `pipeline.too_many_bad` and
/// `pipeline.all_alike`.
Decoded decode_rows(const AnySource& source, const AnyDecoder& decoder,
                    std::span<const std::size_t> rows,
                    std::span<const std::int64_t> labels,
                    PipelineOptions options);

/// Parts `all` by the seeded hash of the ids: about `fraction` of the samples
/// go to the second part.
std::pair<TrainingRows, TrainingRows> split(const TrainingRows& all,
                                            const AnySource& source,
                                            double fraction,
                                            std::uint64_t seed);

/// The fraction of the samples whose class the model finds; 0 when there are
/// none.
double accuracy_of(AnyModel model, const Decoded& samples);

}  // namespace quarry::cli
