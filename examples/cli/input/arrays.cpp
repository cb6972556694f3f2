#include "input/arrays.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/labelled_set.hpp"
#include "quarry/core/random.hpp"

#include "input/samples.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

/// How many dimensions an input has that is a row a sample whatever the
/// strategy; nothing for others.
std::optional<std::size_t> rank_of(std::string_view name, std::size_t given) {
  if (name == inputs::passes) return 3;
  if (name == inputs::probabilities || name == inputs::embeddings ||
      name == inputs::label_probabilities) {
    return 2;
  }
  if (name == inputs::predictions) return given == 1 ? 1 : 2;
  if (name == inputs::deep_fool_norms || name == inputs::bim_norms) return 1;
  return std::nullopt;
}

/// Whether a strategy needs the input, and one row of it a sample.
bool is_by_row(const Needs& needs, std::string_view name) {
  return std::any_of(needs.begin(), needs.end(), [&](const Need& need) {
    return need.name == name && need.by_row;
  });
}

std::size_t rows_of(std::string_view name, const ArrayView& array) {
  return array.shape()[name == inputs::passes ? 1 : 0];
}

std::string flag_of(std::string_view input) {
  if (input == inputs::probabilities) return "--probs FILE.npy";
  if (input == inputs::passes) return "--probs-mc FILE.npy";
  if (input == inputs::embeddings) return "--embeddings FILE.npy";
  return fmt::format("--input {}=FILE.npy", input);
}

/// How to come by an input that is not given.
std::string hint_for(const Need& need) {
  if (need.attack.run != nullptr) {
    return fmt::format(
        "a model computes it: quarry score --strategy NAME --model MODEL.pt "
        "--data SRC --out DIR writes DIR/{0}.npy for --input {0}=FILE.npy, and "
        "quarry select does both",
        need.name);
  }
  return fmt::format("give it as {}, or choose a strategy that does without it",
                     flag_of(need.name));
}

}  // namespace

ArrayPool::ArrayPool(const Flags& flags, const AnyStrategy& strategy,
                     Terminal& terminal) {
  read_arrays(flags);
  count_rows(strategy);
  read_names(flags, terminal);
  const RowStates states = check(strategy.needs());
  for (std::size_t row = 0; row < rows_; ++row) {
    if (!states.failed(row)) continue;
    const std::string why = row < reasons_.size() ? reasons_[row] : "";
    failures_.push_back(
        {row, sample(row).id,
         Failure{"samples.failed_row",
                 why.empty() ? "the row is all NaN: the sample failed" : why}});
  }
  read_labelled(flags, states, terminal);
  expect_candidates();
}

void ArrayPool::add(const std::string& name, const std::string& file) {
  if (file.empty()) return;
  const auto same = [&](const Named& other) {
    return other.name == name;
  };
  if (std::any_of(arrays_.begin(), arrays_.end(), same)) {
    raise("cli.value", fmt::format("the input {} is given twice", name));
  }
  arrays_.push_back({name, file, read_npy(file)});
}

const ArrayView* ArrayPool::find(std::string_view name) const {
  for (std::size_t i = 0; i < arrays_.size(); ++i)
    if (arrays_[i].name == name) return &views_[i];
  return nullptr;
}

void ArrayPool::read_arrays(const Flags& flags) {
  add(std::string(inputs::probabilities), flags.probs);
  add(std::string(inputs::passes), flags.probs_mc);
  add(std::string(inputs::embeddings), flags.embeddings);
  for (const std::string& input : flags.inputs) {
    const std::size_t equals = input.find('=');
    if (equals == input.npos || equals == 0 || equals + 1 == input.size()) {
      raise("cli.value",
            fmt::format("--input \"{}\" must be NAME=FILE.npy", input));
    }
    add(input.substr(0, equals), input.substr(equals + 1));
  }
  if (arrays_.empty()) {
    raise("cli.missing", "quarry rank needs an array to choose from",
          "give --probs, --probs-mc, --embeddings or --input NAME=FILE.npy");
  }
  for (const Named& named : arrays_) views_.push_back(named.array.view());
}

/// The arrays that have a row a sample must agree; without any of them the
/// first one given says how many samples there are.
void ArrayPool::count_rows(const AnyStrategy& strategy) {
  const bool pointwise = strategy.kind() == AnyStrategy::Kind::pointwise;
  const Named* first = nullptr;
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    const Named& named = arrays_[i];
    const std::optional<std::size_t> rank =
        rank_of(named.name, views_[i].rank());
    if (!rank && !(pointwise && is_by_row(strategy.needs(), named.name)))
      continue;
    if (rank ? views_[i].rank() != *rank : views_[i].rank() == 0) {
      raise("strategy.input_shape",
            fmt::format("{} of {} must have {} dimensions, but it is {}",
                        named.name, named.file, rank.value_or(1),
                        views_[i].describe()));
    }
    const std::size_t rows = rows_of(named.name, views_[i]);
    if (first == nullptr) {
      first = &named;
      rows_ = rows;
    } else if (rows != rows_) {
      raise("strategy.input_shape",
            fmt::format("{} of {} has {} rows, but {} of {} has {}", named.name,
                        named.file, rows, first->name, first->file, rows_),
            "all arrays must be of the same samples, in the same order");
    }
  }
  if (first != nullptr) return;
  if (views_[0].rank() == 0) {
    raise("strategy.input_shape",
          fmt::format("{} of {} is a single number: there are no rows to "
                      "choose from",
                      arrays_[0].name, arrays_[0].file));
  }
  rows_ = views_[0].rows();
}

/// Raises `pipeline.empty`, as a pipeline does.
void ArrayPool::expect_candidates() const {
  if (usable() != 0) return;
  raise("pipeline.empty",
        rows_ == 0 ? "the arrays have no rows"
        : unlabelled_ == 0
            ? fmt::format("all {} rows are labelled already", rows_)
            : fmt::format("all {} rows that are not labelled failed: they are "
                          "NaN",
                          unlabelled_));
}

void ArrayPool::read_names(const Flags& flags, Terminal& terminal) {
  fs::path file = flags.samples;
  if (file.empty()) {
    const auto array = std::find_if(
        arrays_.begin(), arrays_.end(),
        [](const Named& named) { return rank_of(named.name, 0).has_value(); });
    if (array == arrays_.end()) return;
    file = fs::path(array->file).parent_path() / "samples.jsonl";
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return;
  }
  std::vector<SampleRow> rows = read_samples(file);
  if (rows.size() != rows_) {
    const std::string what = fmt::format(
        "{} names {} samples, but the arrays "
        "have {} rows",
        file.string(), rows.size(), rows_);
    if (!flags.samples.empty()) raise("samples.invalid", what);
    terminal.note(what + ": not used");
    return;
  }
  if (flags.samples.empty())
    terminal.note(fmt::format("ids are those of {}", file.string()));
  for (SampleRow& row : rows) {
    samples_.push_back(std::move(row.sample));
    reasons_.push_back(std::move(row.failure));
  }
}

Sample ArrayPool::sample(std::size_t row) const {
  if (!samples_.empty()) return samples_[row];
  return {std::to_string(row), ""};
}

RowStates ArrayPool::check(const Needs& needs) {
  RowStates states(rows_);
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    const std::string& name = arrays_[i].name;
    const bool needed = needs.has(name);
    const bool by_row = rank_of(name, 0).has_value();
    seen_.push_back(needed || !by_row);
    if (!by_row) continue;
    // Rows that no strategy looks at are shown all the same, and their samples
    // failed all the same.
    if (needed || name == inputs::predictions) {
      states.merge(check_rows(views_[i], name));
    } else if (name != inputs::passes) {
      states.merge(check_finite(views_[i], name));
    }
  }
  return states;
}

void ArrayPool::read_labelled(const Flags& flags, const RowStates& states,
                              Terminal& terminal) {
  std::vector<std::size_t> order;  // rows in the order of the file
  if (!flags.labelled.empty()) {
    const LabelledSet set =
        LabelledSet::load(flags.labelled, [&](std::size_t row) {
          if (row >= rows_) {
            raise("labelled.invalid",
                  fmt::format("{}: there is no row {}; the arrays have {}",
                              flags.labelled, row, rows_));
          }
          return sample(row).id;
        });
    std::unordered_map<const LabelledSet::Entry*, std::size_t> row_of;
    for (std::size_t row = 0; row < rows_; ++row)
      if (const auto* entry = set.find(sample(row))) row_of.emplace(entry, row);
    for (const LabelledSet::Entry& entry : set) {
      const auto found = row_of.find(&entry);
      if (found != row_of.end()) order.push_back(found->second);
    }
    if (order.empty() && !set.empty()) {
      raise("labelled.unknown",
            fmt::format("none of the {} labelled samples is among the arrays' "
                        "rows: the first is \"{}\", the first row's \"{}\"",
                        set.size(), set.begin()->name(), sample(0).id),
            "without --samples FILE.jsonl a row's id is its number");
    }
    if (const std::size_t unknown = set.size() - order.size(); unknown != 0) {
      terminal.note(fmt::format("{} of the labelled ids are not in the pool",
                                with_commas(unknown)));
    }
  }
  unlabelled_ = rows_ - order.size();
  candidates_ = states.candidates(order);
  const std::vector<std::int64_t> labels = read_labels(flags, order);
  std::vector<std::size_t> places(order.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return order[a] < order[b]; });
  for (const std::size_t place : places) {
    if (states.failed(order[place])) continue;
    labelled_.push_back(order[place]);
    if (!labels.empty()) labels_.push_back(labels[place]);
  }
}

/// The labels of the labelled rows, in the order of their file.
std::vector<std::int64_t> ArrayPool::read_labels(
    const Flags& flags, const std::vector<std::size_t>& order) const {
  if (flags.labels.empty()) return {};
  const NpyArray array = read_npy(flags.labels);
  if (array.shape().size() != 1 || is_float(array.dtype())) {
    raise("cli.value", fmt::format("--labels {} must hold whole numbers, one a "
                                   "row, not {}",
                                   flags.labels, array.view().describe()));
  }
  const std::vector<std::int64_t> labels = array.as<std::int64_t>();
  if (labels.size() == order.size()) return labels;
  if (labels.size() != rows_) {
    raise("cli.value",
          fmt::format("--labels {} has {} labels, but there are "
                      "{} labelled rows and {} in all",
                      flags.labels, labels.size(), order.size(), rows_));
  }
  std::vector<std::int64_t> chosen;
  for (const std::size_t row : order) chosen.push_back(labels[row]);
  return chosen;
}

void ArrayPool::expect_given(const Needs& needs) const {
  for (const Need& need : needs) {
    if (find(need.name) != nullptr || find(need.instead) != nullptr) continue;
    std::vector<NamedArray> given;
    for (std::size_t i = 0; i < arrays_.size(); ++i)
      given.push_back({arrays_[i].name, views_[i]});
    raise("strategy.missing_input",
          fmt::format("the strategy needs the input '{}'; given: {}", need.name,
                      describe(given)),
          hint_for(need));
  }
}

PoolView ArrayPool::view(std::uint64_t seed) const {
  PoolView::Parts parts;
  parts.rows = rows_;
  for (std::size_t i = 0; i < arrays_.size(); ++i)
    if (seen_[i]) parts.inputs.push_back({arrays_[i].name, views_[i]});
  parts.candidates = candidates_;
  parts.labelled = labelled_;
  parts.labels = labels_;
  if (samples_.empty()) {
    parts.keys = row_keys(rows_, seed);
  } else {
    for (const Sample& sample : samples_)
      parts.keys.push_back(seeded_hash(seed, sample.id));
  }
  return PoolView(std::move(parts));
}

ArrayPool::Belief ArrayPool::belief(std::size_t row) const {
  const ArrayView* array = find(inputs::probabilities);
  if (array == nullptr || array->rank() != 2 || array->cols() == 0) return {};
  std::vector<double> values(array->cols());
  array->read_row(row, std::span<double>(values));
  if (std::isnan(values[0])) return {};
  const auto best = std::max_element(values.begin(), values.end());
  return {static_cast<std::int32_t>(best - values.begin()), *best};
}

std::vector<std::size_t> ArrayPool::class_counts() const {
  const ArrayView* array = find(inputs::probabilities);
  if (array == nullptr || array->rank() != 2) return {};
  std::vector<std::size_t> counts(array->cols());
  for (std::size_t i = 0; i < rows_; ++i) {
    const std::int32_t predicted = belief(i).predicted;
    if (predicted >= 0) ++counts[static_cast<std::size_t>(predicted)];
  }
  return counts;
}

}  // namespace quarry::cli
