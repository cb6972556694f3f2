#include "pipeline/round.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/flow_graph.hpp"
#include "pipeline/peak_memory.hpp"

namespace quarry::detail {

namespace {

bool may_remember(const Workshop& shop, const Wanted& wanted) {
  return wanted.inference && wanted.attacks.empty() &&
         !shop.options.cache.directory.empty() &&
         !shop.decoder.fingerprint().empty() &&
         !shop.model.fingerprint().empty();
}

SlabShape shape_of(const Workshop& shop, const Wanted& wanted) {
  SlabShape shape{.spec = shop.decoder.spec(), .batch = shop.options.batch};
  shape.batches = batches_per_slab(shape.batch, shape.spec.bytes());
  shape.remembers = may_remember(shop, wanted);
  // What is kept serves any strategy.
  const bool embeddings =
      wanted.embeddings || (shape.remembers && wanted.plain);
  if (wanted.inference) shape.classes = shop.model.classes().size();
  if (embeddings) shape.features = shop.model.embedding_dim();
  shape.passes = wanted.passes;
  shape.seed = shop.options.seed;
  shape.plain = wanted.plain;
  for (const Need& need : wanted.attacks) shape.attacks.push_back(need.attack);
  return shape;
}

std::string row_of(const SampleSpec& spec) {
  std::string text(name_of(spec.dtype));
  for (const std::size_t extent : spec.shape)
    text += ' ' + std::to_string(extent);
  return text;
}

/// Embeddings have a place of their own where another head may want them.
std::optional<Recipe> recipe_of_embeddings(const Workshop& shop,
                                           const SlabShape& shape) {
  if (shape.features == 0) return std::nullopt;
  std::string backbone = shop.model.backbone();
  if (backbone.empty()) return std::nullopt;
  return Recipe{.model = std::move(backbone),
                .decoder = shop.decoder.fingerprint(),
                .row = row_of(shape.spec),
                .batch = shape.batch,
                .features = shape.features};
}

std::unique_ptr<PredictionReuse> reuse_for(const Workshop& shop,
                                           const SlabShape& shape,
                                           const Wanted& wanted) {
  if (!shape.remembers) return nullptr;
  const bool drawn = shape.passes > 0 && shop.model.members() == 0;
  Recipe recipe{.model = shop.model.fingerprint(),
                .decoder = shop.decoder.fingerprint(),
                .row = row_of(shape.spec),
                .computes_with = shop.model.computes_with(),
                .batch = shape.batch,
                .classes = shape.classes,
                .features = shape.features,
                .passes = shape.passes,
                .seed = drawn ? shape.seed : 0,
                .plain = shape.plain};
  // Asked after `computes_with`, whose trial may serve both.
  const std::optional<Recipe> embeddings = recipe_of_embeddings(shop, shape);
  if (embeddings) recipe.features = 0;
  return std::make_unique<PredictionReuse>(
      shop.options.cache, recipe, embeddings,
      // The first bad sample ends a run that stops: which that is must not hang
      // on a duplicate that comes later.
      ReuseOptions{.duplicates = shop.options.errors.on_error != OnError::stop,
                   .embeddings = wanted.embeddings,
                   .head = shape.passes == 0 && !shop.model.is_async()});
}

}  // namespace

Round::Round(Workshop& shop, const Wanted& wanted,
             std::span<const std::size_t> left_out)
    : shop_(shop),
      wanted_(wanted),
      shape_(shape_of(shop, wanted)),
      dealer_(shop.source.size(), left_out, shape_.rows()),
      control_(shop.options, shop.source, dealer_.wanted()),
      reuse_(reuse_for(shop, shape_, wanted)),
      collector_(wanted, shop.options, shop.source, shape_, control_,
                 reuse_.get()) {
  if (!shop.options.trace.empty()) {
    trace_.emplace(shop.options.trace, watch_.start());
  }
}

std::shared_ptr<std::byte[]> Round::make_memory() const {
  try {
    return shop_.model.make_slab(shape_.bytes());
  } catch (...) {
    raise(failure_of(std::current_exception(), "the model"));
  }
}

std::vector<std::unique_ptr<Slab>> Round::make_slabs() const {
  const std::size_t count = std::min(shop_.options.slabs, dealer_.loads());
  std::vector<std::unique_ptr<Slab>> slabs;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == shop_.slab_memory.size()) {
      shop_.slab_memory.push_back(make_memory());
    }
    slabs.push_back(std::make_unique<Slab>(shape_, shop_.slab_memory[i]));
  }
  return slabs;
}

Executor& Round::executor() const {
  const bool blocks = shape_.blocks();
  auto& place = blocks && shop_.model.is_async() ? shop_.blocking_executor
                                                 : shop_.executor;
  if (!place)
    place = make_executor(shop_.model, shop_.options.executors, blocks);
  return *place;
}

void Round::run(RunSummary& summary) {
  const Recording recording{.origin = watch_.start(),
                            .trace = trace_ ? &*trace_ : nullptr};
  const auto slabs = make_slabs();
  if (!collector_.note().empty()) summary.notes.push_back(collector_.note());
  if (wanted_.inference) {
    // It sees to its batches itself.
    if (shop_.model.is_async() && !shape_.blocks()) summary.executors = 1;
    executor().begin(dealer_.loads() * shape_.batches, recording);
    for (std::string& note : shop_.model.notes()) {
      summary.notes.push_back(std::move(note));
    }
  }
  StreamCost cost =
      run_stream({.source = shop_.source,
                  .decoder = shop_.decoder,
                  .options = shop_.options,
                  .slabs = slabs,
                  .executor = wanted_.inference ? &executor() : nullptr,
                  .dealer = dealer_,
                  .collector = collector_,
                  .control = control_,
                  .reuse = reuse_.get(),
                  .recording = recording});
  remember(summary);
  summary.scored = collector_.taken();
  for (const std::size_t row : wanted_.labelled) {
    if (collector_.arrived(row)) --summary.scored;
  }
  summary.failures = control_.take_bad();
  summary.failed = summary.failures.size();
  stages_ = std::move(cost.stages);
  summary.bytes_read = cost.bytes_read;
  account(summary);
  if (std::optional<Failure> why = control_.verdict(summary.failures)) {
    raise(std::move(*why));
  }
  control_.finish();
}

void Round::remember(RunSummary& summary) {
  if (reuse_) {
    reuse_->finish();
    summary.cached = collector_.remembered();
    summary.from_embeddings = collector_.embedded();
    summary.kept = reuse_->kept();
    for (std::string& note : reuse_->notes())
      summary.notes.push_back(std::move(note));
    reuse_.reset();
  } else if (wanted_.inference && !shop_.options.cache.directory.empty()) {
    summary.notes.push_back(
        !wanted_.attacks.empty()
            ? "no predictions are kept, nor taken from those that are: this "
              "run attacks the model, for which every sample is decoded"
            : "no predictions are kept, for the decoder, or the model, has no "
              "fingerprint(): give it one that tells what its output depends "
              "on");
  }
}

void Round::selected(const Work& work, std::size_t picks) {
  const auto end = Stopwatch::Clock::now();
  Timeline timeline(watch_.start());
  timeline.add(Spent::busy, work.start, end);
  stages_.push_back({.stage = "select",
                     .timeline = std::move(timeline),
                     .workers = 1,
                     .items = picks,
                     .cpu = process_cpu() - work.cpu.value()});
  if (trace_) trace_->event("select", 0, work.start, end, picks);
}

void Round::account(RunSummary& summary) const {
  const auto run = watch_.elapsed();
  summary.seconds = std::chrono::duration<double>(run).count();
  summary.cpu = std::chrono::duration<double>(process_cpu() - cpu_).count();
  summary.cores = default_threads();
  summary.peak_memory = peak_memory();
  sum_up(stages_, run, summary);
}

void Round::finish(RunSummary& summary) {
  account(summary);
  if (!trace_) return;
  if (const std::optional<Failure> failure = trace_->close()) {
    summary.notes.push_back("there is no trace of the run: " +
                            failure->message);
  }
}

}  // namespace quarry::detail
