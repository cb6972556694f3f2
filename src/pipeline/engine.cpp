#include "quarry/pipeline/detail/engine.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"

#include "core/meter.hpp"
#include "core/numbers.hpp"
#include "pipeline/round.hpp"

namespace quarry::detail {

namespace {

PipelineOptions resolved(PipelineOptions options, const AnyModel& model) {
  options.validate();
  if (options.threads == 0) options.threads = default_threads();
  if (options.executors == 0) {
    // At least one, whatever a model of the user's says.
    options.executors =
        std::max<std::size_t>(1, model.default_executors(options.threads));
  }
  if (options.slabs == 0) {
    options.slabs = options.threads + options.executors + 2;
  }
  return options;
}

void check_passes(std::size_t passes) {
  if (passes <= PipelineOptions::most_passes) return;
  raise("pipeline.option", "passes is " + std::to_string(passes) +
                               ", but must be at most " +
                               std::to_string(PipelineOptions::most_passes));
}

void check_members(std::size_t passes, const AnyModel& model) {
  if (model.members() == 0 || passes == model.members()) return;
  raise("pipeline.members",
        std::to_string(passes) + " passes are wanted, but the committee has " +
            std::to_string(model.members()) + " members, a pass each",
        "leave their number out");
}

void check_need(const Need& need, const AnyModel& model) {
  const bool passes = need.name == inputs::passes;
  if (need.name == inputs::embeddings) {
    if (model.embedding_dim() != 0) return;
    raise("pipeline.needs_embeddings",
          "the strategy needs embeddings, but the model gives none",
          "take a model that returns (logits, embeddings), or a strategy "
          "that needs probabilities alone");
  }
  const bool attack = need.attack.run != nullptr;
  if (!passes && !attack && need.name != inputs::probabilities) {
    raise("pipeline.unknown_input",
          "the strategy needs '" + std::string(need.name) +
              "', but a pipeline gives probabilities, passes, embeddings and "
              "what attacks on the model find",
          "make that array yourself and select from it: select_from, quarry "
          "rank");
  }
  if (model.task() != Task::multiclass) {
    raise("pipeline.needs_multiclass",
          "the strategy needs class probabilities that sum to 1, but the "
          "model's task is another (multilabel or regression)",
          "take a multiclass model (softmax), or a strategy that needs "
          "embeddings alone");
  }
  if (attack && !model.differentiable()) {
    raise("pipeline.needs_gradients",
          "the strategy needs '" + std::string(need.name) +
              "', for which it attacks the model along gradients by its input, "
              "but this model gives none: compiled packages (.pt2), committees "
              "and models that are no DifferentiableModel do not",
          "take the TorchScript file (.pt) of the network, or one of a "
          "committee's members, or a strategy that needs probabilities alone");
  }
  check_passes(need.passes);
  if (passes && need.passes != 0) check_members(need.passes, model);
}

void check_needs(const Needs& needs, const AnyModel& model) {
  for (const Need& need : needs) check_need(need, model);
  // The last, for it may read the model again.
  if (!needs.has(inputs::passes) || model.has_dropout()) return;
  raise("pipeline.needs_passes",
        "the strategy needs stochastic passes, but the model has no dropout to "
        "switch on",
        "train one that has (quarry train --dropout 0.2), or take a strategy "
        "that needs probabilities alone");
}

/// How many passes the strategy takes: as many as it says, as there are members
/// of a committee, or as the options say.
std::size_t passes_of(const Needs& needs, const AnyModel& model,
                      const PipelineOptions& options) {
  for (const Need& need : needs) {
    if (need.name != inputs::passes) continue;
    if (need.passes != 0) return need.passes;
    return model.members() > 0 ? model.members() : options.passes;
  }
  return 0;
}

/// Those that are attacks on the model.
std::vector<Need> attacks_of(const Needs& needs) {
  std::vector<Need> attacks;
  for (const Need& need : needs)
    if (need.attack.run != nullptr) attacks.push_back(need);
  return attacks;
}

void check_shape(const AnyDecoder& decoder, const AnyModel& model) {
  const Result<void> accepted = model.accepts(decoder.spec());
  if (!accepted.ok()) {
    raise("pipeline.shape",
          "the decoder's rows are not what the model takes: " +
              accepted.error().message,
          accepted.error().hint);
  }
}

}  // namespace

struct Engine::State {
  Workshop shop;
  RunSummary last = {};
  std::optional<LabelledRows> labelled = std::nullopt;  // looked up once

  RunSummary& begin_summary(std::size_t candidates);
  const LabelledRows& the_labelled();
  void pick_best(Selection& selection, Round& round, std::size_t budget);
  void pick_set(Selection& selection, Round& round, std::size_t budget);
  PoolView view_of(Collector& collector);
  void add_pick(Selection& selection, const RankedPick& picked,
                const Belief& belief) const;
};

RunSummary& Engine::State::begin_summary(std::size_t candidates) {
  last = RunSummary();
  last.samples = shop.source.size();
  last.candidates = candidates;
  last.seed = shop.options.seed;
  last.ties = shop.options.ties;
  last.batch = shop.options.batch;
  last.threads = shop.options.threads;
  last.executors = shop.options.executors;
  return last;
}

const LabelledRows& Engine::State::the_labelled() {
  if (!labelled) {
    labelled =
        find_labelled(shop.source, shop.options.labelled, shop.model.classes());
  }
  return *labelled;
}

void Engine::State::add_pick(Selection& selection, const RankedPick& picked,
                             const Belief& belief) const {
  Sample sample = sample_of(shop.source, picked.index);
  selection.picks.push_back({.rank = selection.picks.size(),
                             .index = picked.index,
                             .id = std::move(sample.id),
                             .uri = std::move(sample.uri),
                             .score = picked.score,
                             .predicted = belief.predicted,
                             .confidence = belief.confidence});
}

void Engine::State::pick_best(Selection& selection, Round& round,
                              std::size_t budget) {
  const Work work{.cpu = process_cpu()};
  const std::vector<ScoredSample> picks = round.collector().best();
  selection.picks.reserve(picks.size());
  for (const ScoredSample& pick : picks) {
    add_pick(selection, {pick.index, pick.score}, pick.belief);
  }
  selection.scores = round.collector().scores();
  round.selected(work, picks.size());
  if (!round.complete()) {
    selection.stopped = Stopped::cancelled;
  } else if (picks.size() < budget) {
    selection.stopped = Stopped::pool_exhausted;
  }
}

PoolView Engine::State::view_of(Collector& collector) {
  const auto n = shop.source.size();
  PoolView::Parts parts;
  parts.rows = n;
  const auto give = [&](std::string_view name, RowTable& table) {
    if (table.empty()) return;
    table.finish();
    const ArrayView array =
        name == inputs::passes
            ? ArrayView(table.data(), {table.rows() / n, n, table.columns()})
            : ArrayView(table.data(), {n, table.columns()});
    parts.inputs.push_back({name, array});
  };
  give(inputs::probabilities, collector.probabilities);
  give(inputs::embeddings, collector.embeddings);
  give(inputs::passes, collector.passes);
  const std::vector<Need> attacks = attacks_of(shop.strategy.needs());
  for (std::size_t k = 0; k < collector.lengths.size(); ++k) {
    RowTable& table = collector.lengths[k];
    table.finish();
    parts.inputs.push_back({attacks[k].name, ArrayView(table.data(), {n})});
  }
  const LabelledRows& known = the_labelled();
  parts.keys.reserve(n);
  for (std::size_t i = 0, next = 0; i < n; ++i) {
    parts.keys.push_back(
        seeded_hash(shop.options.seed, sample_of(shop.source, i).id));
    const bool is_labelled = next < known.rows.size() && known.rows[next] == i;
    if (!is_labelled) {
      if (collector.arrived(i)) parts.candidates.push_back(i);
      continue;
    }
    if (collector.arrived(i)) {
      parts.labelled.push_back(i);
      parts.labels.push_back(known.classes[next]);
    }
    ++next;
  }
  return PoolView(std::move(parts));
}

void Engine::State::pick_set(Selection& selection, Round& round,
                             std::size_t budget) {
  // Whoever stops early does not want to wait for a choice among what happened
  // to be there.
  if (round.cancelled()) {
    selection.stopped = Stopped::cancelled;
    return;
  }
  const Work work{.cpu = process_cpu()};
  const PoolView view = view_of(round.collector());
  const std::size_t due = std::min(budget, view.candidates().size());
  Meter meter(shop.options.progress, "select", due);
  SelectContext context{
      .random = RandomStream(shop.options.seed),
      .ties = shop.options.ties,
      .stop = shop.options.stop,
      .progress = [&](const Progress& p) { return meter.update(p.done, 0); },
      .memory_limit = shop.options.memory_limit,
      .threads = shop.options.threads,
      .device = shop.options.select_device};
  RankedPicks chosen;
  try {
    chosen = select_from(shop.strategy, view, due, context);
  } catch (...) {
    raise(failure_of(std::current_exception(), "the strategy"));
  }
  meter.finish(chosen.size(), 0);
  if (context.device != nullptr) {
    for (std::string& note : context.device->take_notes()) {
      last.notes.push_back(std::move(note));
    }
  }
  const Collector& collector = round.collector();
  const bool inferred = !shop.strategy.needs().empty();
  selection.picks.reserve(chosen.size());
  for (const RankedPick& pick : chosen.picks) {
    add_pick(selection, pick,
             inferred ? collector.belief(pick.index) : Belief());
  }
  round.selected(work, chosen.size());
  if (!chosen.complete) {
    selection.stopped = Stopped::cancelled;
  } else if (chosen.size() < budget) {
    selection.stopped = Stopped::pool_exhausted;
  }
}

Engine::Engine(AnySource source, AnyDecoder decoder, AnyModel model,
               AnyStrategy strategy, PipelineOptions options)
    : state_(std::make_unique<State>(
          State{.shop = {.source = std::move(source),
                         .decoder = std::move(decoder),
                         .model = model,
                         .strategy = std::move(strategy),
                         .options = resolved(std::move(options), model)}})) {
  const Workshop& shop = state_->shop;
  check_needs(shop.strategy.needs(), shop.model);
  check_shape(shop.decoder, shop.model);
}

Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const RunSummary& Engine::last_run() const {
  return state_->last;
}

Selection Engine::select(std::size_t budget) {
  Workshop& shop = state_->shop;
  const LabelledRows& known = state_->the_labelled();
  const std::size_t candidates = shop.source.size() - known.rows.size();
  RunSummary& summary = state_->begin_summary(candidates);
  if (candidates == 0) {
    raise("pipeline.empty", shop.source.size() == 0
                                ? "the pool is empty"
                                : "all " +
                                      counted(shop.source.size(), "sample") +
                                      " of the pool are labelled already");
  }
  if (known.unknown != 0) {
    summary.notes.push_back(counted(known.unknown, "labelled id") +
                            " not in the pool");
  }

  const Needs needs = shop.strategy.needs();
  const bool pointwise = shop.strategy.kind() == AnyStrategy::Kind::pointwise;
  Wanted wanted{
      .inference = !needs.empty(),
      .embeddings = needs.has(inputs::embeddings),
      .passes = passes_of(needs, shop.model, shop.options),
      .sums = needs.has(inputs::probabilities) || needs.has(inputs::passes)};
  wanted.plain = wanted.passes == 0 || wanted.embeddings ||
                 needs.has(inputs::probabilities);
  wanted.attacks = attacks_of(needs);
  summary.passes = wanted.passes;
  if (pointwise) {
    wanted.score = &shop.strategy;
    wanted.budget = std::min(budget, candidates);
  } else {
    wanted.memory = shop.options.input_memory;
    wanted.keep_probabilities = needs.has(inputs::probabilities);
    wanted.keep_embeddings = wanted.embeddings;
    wanted.keep_passes = wanted.passes > 0;
    wanted.keep_lengths = true;
  }
  // Only a set strategy looks at what is labelled, and only at its inputs.
  const bool with_labelled = !pointwise && wanted.inference;
  if (with_labelled) wanted.labelled = known.rows;
  Round round(shop, wanted,
              with_labelled ? std::span<const std::size_t>() : known.rows);
  round.run(summary);

  Selection selection;
  if (pointwise) {
    state_->pick_best(selection, round, budget);
  } else {
    state_->pick_set(selection, round, budget);
  }
  selection.classes = shop.model.classes();
  selection.class_counts = round.collector().class_counts();
  round.finish(summary);
  selection.run = summary;
  return selection;
}

ScoredPool Engine::score(std::size_t passes) {
  Workshop& shop = state_->shop;
  RunSummary& summary = state_->begin_summary(shop.source.size());
  if (shop.source.size() == 0) raise("pipeline.empty", "the pool is empty");
  check_passes(passes);
  if (passes > 0 && !shop.model.has_dropout()) {
    raise("pipeline.needs_passes",
          "the model has no dropout to switch on for stochastic passes",
          "train one that has (quarry train --dropout 0.2)");
  }
  if (passes > 0) check_members(passes, shop.model);
  summary.passes = passes;
  const bool embeddings = shop.model.embedding_dim() != 0;
  std::vector<Need> attacks = attacks_of(shop.strategy.needs());
  Round round(shop,
              {.embeddings = embeddings,
               .passes = passes,
               .attacks = attacks,
               .keep_probabilities = true,
               .keep_embeddings = embeddings,
               .keep_passes = passes > 0,
               .keep_lengths = true,
               .embeddings_may_fail = true},
              {});
  round.run(summary);
  const auto bare = round.collector().without_embedding();
  if (!bare.empty()) {
    summary.notes.push_back("embeddings of " + counted(bare.size(), "sample") +
                            " are NaN or infinite, the first that of " +
                            sample_of(shop.source, bare.front()).id +
                            ": these rows are NaN");
  }
  ScoredPool scored;
  scored.probabilities = round.collector().probabilities.take();
  scored.embeddings = round.collector().embeddings.take();
  scored.passes = round.collector().passes.take();
  for (std::size_t k = 0; k < attacks.size(); ++k) {
    scored.lengths.emplace(attacks[k].name,
                           round.collector().lengths[k].take());
  }
  if (!embeddings) scored.embeddings.resize(scored.probabilities.rows(), 0);
  scored.classes = shop.model.classes();
  if (!round.complete()) scored.stopped = Stopped::cancelled;
  round.finish(summary);
  scored.run = summary;
  return scored;
}

}  // namespace quarry::detail
