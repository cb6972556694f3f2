#include "training/training.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
#include "quarry/data/subset.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/random.hpp"

#include "flags/options.hpp"

namespace quarry::cli {
namespace {

/// "2" before "10" before "cat".
struct ByNumberThenName {
  bool operator()(const std::string& a, const std::string& b) const {
    const auto x = whole_in<std::int64_t>(a);
    const auto y = whole_in<std::int64_t>(b);
    if (x && y && *x != *y) return *x < *y;
    if (x.has_value() != y.has_value()) return x.has_value();
    return a < b;
  }
};

/// Samples that are decoded when they are read, each into its row.
class DecodedWhenRead {
 public:
  DecodedWhenRead(AnySource source, AnyDecoder decoder,
                  std::span<std::byte> rows)
      : source_(std::move(source)), decoder_(std::move(decoder)), rows_(rows) {}

  std::size_t size() const { return source_.size(); }
  Sample sample(std::size_t i) const { return source_.sample(i); }
  Result<Bytes> read(std::size_t i) const {
    const Result<Bytes> bytes = source_.read(i);
    if (!bytes) return bytes;
    const std::size_t size = decoder_.spec().bytes();
    const Result<void> decoded =
        decoder_.decode(*bytes, rows_.subspan(i * size, size));
    if (!decoded) return decoded.error();
    return Bytes();
  }

 private:
  AnySource source_;
  AnyDecoder decoder_;
  std::span<std::byte> rows_;
};

/// Takes everything and writes nothing.
struct NothingToDecode {
  SampleSpec spec() const { return {.shape = {1}}; }
  Result<void> decode(const Bytes&, std::span<std::byte>) const { return {}; }
};

}  // namespace

TrainingRows training_rows(const AnySource& source, const LabelledSet& set) {
  std::vector<std::pair<std::size_t, std::string>> known;
  std::size_t named = 0;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    const LabelledSet::Entry* entry = set.find(sample);
    if (!set.empty() && entry == nullptr) continue;
    ++named;
    std::optional<std::string> label;
    if (entry != nullptr) label = entry->label;
    if (!label) label = sample.truth;
    if (label) known.emplace_back(i, std::move(*label));
  }
  if (named == 0 && !set.empty()) {
    raise("train.no_labels",
          fmt::format("none of the {} labelled ids is in the pool: the first "
                      "is \"{}\", the pool's first is \"{}\"",
                      set.size(), set.begin()->name(),
                      source.size() == 0 ? "" : source.sample(0).id),
          "an id in --labelled must be written as the pool writes it");
  }
  if (known.empty()) {
    raise("train.no_labels", "no sample of the pool has a known label",
          "take the directories' names (--labels-from dirs), a manifest with "
          "truth, or --labelled with labels");
  }
  std::map<std::string, std::int64_t, ByNumberThenName> number;
  for (const auto& entry : known) number.emplace(entry.second, 0);
  TrainingRows labelled;
  for (auto& [name, index] : number) {
    index = static_cast<std::int64_t>(labelled.classes.size());
    labelled.classes.push_back(name);
  }
  if (labelled.classes.size() < 2) {
    raise("train.one_class",
          fmt::format("every label is \"{}\": there is nothing to tell apart",
                      labelled.classes.front()));
  }
  for (const auto& [row, label] : known) {
    labelled.rows.push_back(row);
    labelled.labels.push_back(number.at(label));
  }
  return labelled;
}

Decoded decode_rows(const AnySource& source, const AnyDecoder& decoder,
                    std::span<const std::size_t> rows,
                    std::span<const std::int64_t> labels,
                    PipelineOptions options) {
  Decoded out;
  out.spec = decoder.spec();
  if (rows.empty()) return out;
  const std::size_t size = out.spec.bytes();
  out.bytes.resize(rows.size() * size);
  // A pipeline that asks no model, so that what becomes of bad samples and when
  // too many are bad is the same as everywhere.
  options.reads = options.threads;
  Pipeline pipeline(DecodedWhenRead(Subset(source, {rows.begin(), rows.end()}),
                                    decoder, out.bytes),
                    NothingToDecode(),
                    ToyModel({.input = NothingToDecode().spec(),
                              .classes = 1,
                              .embedding_dim = 1}),
                    RandomStrategy(), std::move(options));
  out.failures = pipeline.select(1).run.failures;

  // The good rows move together.
  auto bad = out.failures.begin();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (bad != out.failures.end() && bad->index == i) {
      bad->index = rows[i];
      ++bad;
      continue;
    }
    const std::size_t k = out.rows.size();
    if (k != i) {
      std::copy_n(out.bytes.begin() + static_cast<std::ptrdiff_t>(i * size),
                  size,
                  out.bytes.begin() + static_cast<std::ptrdiff_t>(k * size));
    }
    out.rows.push_back(rows[i]);
    out.labels.push_back(labels[i]);
  }
  out.bytes.resize(out.rows.size() * size);
  return out;
}

std::pair<TrainingRows, TrainingRows> split(const TrainingRows& all,
                                            const AnySource& source,
                                            double fraction,
                                            std::uint64_t seed) {
  // 2^53 steps: the largest count of which a double knows every one.
  constexpr double steps = 9007199254740992.0;
  const auto limit = static_cast<std::uint64_t>(fraction * steps);
  std::pair<TrainingRows, TrainingRows> parts;
  parts.first.classes = parts.second.classes = all.classes;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    const std::string id = source.sample(all.rows[i]).id;
    const std::uint64_t hash = seeded_hash(seed, "validation/" + id) >> 11;
    TrainingRows& part = hash < limit ? parts.second : parts.first;
    part.rows.push_back(all.rows[i]);
    part.labels.push_back(all.labels[i]);
  }
  return parts;
}

double accuracy_of(AnyModel model, const Decoded& samples) {
  constexpr std::size_t batch = 128;
  const std::size_t size = samples.spec.bytes();
  std::size_t right = 0;
  for (std::size_t first = 0; first < samples.rows.size(); first += batch) {
    const std::size_t count = std::min(batch, samples.rows.size() - first);
    const Predictions predictions = model.infer(
        {std::span(samples.bytes).subspan(first * size, count * size), count,
         samples.spec});
    for (std::size_t i = 0; i < count; ++i) {
      Eigen::Index best = 0;
      predictions.probabilities.row(static_cast<Eigen::Index>(i))
          .maxCoeff(&best);
      if (best == samples.labels[first + i]) ++right;
    }
  }
  return samples.rows.empty() ? 0.0
                              : static_cast<double>(right) /
                                    static_cast<double>(samples.rows.size());
}

}  // namespace quarry::cli
