#include "pipeline/flow_graph.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "core/stopwatch.hpp"
#include "net/digest.hpp"
#include "pipeline/fetcher.hpp"
#include "pipeline/hands.hpp"
#include "pipeline/model_watch.hpp"

namespace quarry::detail {

namespace {

namespace flow = tbb::flow;

// Later stages first, so that the graph drains before it fills.
constexpr flow::node_priority_t collect_first = 2;
constexpr flow::node_priority_t then_decode = 1;

using LoadPtr = std::shared_ptr<Load>;
using Bound = std::tuple<LoadPtr, Slab*>;

/// Threads that decode and collect. More than the process allows TBB would not
/// come, and TBB would complain on stderr.
std::size_t workers_for(const PipelineOptions& options) {
  return std::min(options.threads,
                  tbb::global_control::active_value(
                      tbb::global_control::max_allowed_parallelism));
}

/// One run's graph:
///
///     deal ─┐
///           ├─▶ fetch ──▶ decode ──▶ infer ──▶ collect ─┐
///     free ─┘                                           │
///      ▲────────────────────── slab ────────────────────┘
///
/// A load is bound to a slab as soon as one is free, and the slab travels with
/// it. No body blocks, and none lets an exception out: what goes wrong is told
/// to the control, after which no load is dealt. The graph drains whatever
/// happens, because every wait that it reserves is released; a slab may stay
/// behind when memory runs out.
class FlowGraph {
 public:
  explicit FlowGraph(const Stream& stream)
      : stream_(stream),
        hands_(stream.recording, workers_for(stream.options)),
        graph_(context_),
        deal_(graph_, [this](tbb::flow_control& end) { return deal(end); }),
        free_(graph_),
        bind_(graph_),
        fetch_(graph_, flow::serial,
               [this](const Bound& bound, auto&) noexcept { fetch(bound); }),
        decode_(
            graph_, flow::unlimited,
            [this](const ChunkPtr& chunk, auto& ports) noexcept {
              if (!decode(*chunk)) return;
              guard([&] { std::get<0>(ports).try_put(chunk->slab); });
            },
            then_decode),
        infer_(graph_, flow::serial,
               [this](Slab* slab, auto&) noexcept { infer(*slab); }),
        collect_(
            graph_, flow::unlimited,
            [this](Slab* slab) noexcept {
              collect(*slab);
              return slab;
            },
            collect_first),
        fetcher_(make_fetcher(
            stream.source, stream.options, stream.control, stream.recording,
            {.fetched = [this](ChunkPtr chunk) { fetched(chunk); },
             .finished = [this] { fetch_.gateway().release_wait(); },
             .known =
                 [this](Slab& slab, std::size_t row) {
                   return known(slab, row);
                 }})) {
    if (stream.executor != nullptr) model_watch_.emplace(stream.options);
  }

  StreamCost run() {
    const Stopwatch watch;
    // A graph must come to rest before it ends, also one that is not complete:
    // an edge sets nodes to work.
    guard([&] {
      connect();
      for (const auto& slab : stream_.slabs) free_.try_put(slab.get());
      deal_.activate();
    });
    graph_.wait_for_all();
    return cost(watch.start(), Stopwatch::Clock::now());
  }

 private:
  void connect() {
    flow::make_edge(deal_, flow::input_port<0>(bind_));
    flow::make_edge(free_, flow::input_port<1>(bind_));
    flow::make_edge(bind_, fetch_);
    flow::make_edge(flow::output_port<0>(fetch_), decode_);
    if (stream_.executor == nullptr) {
      flow::make_edge(flow::output_port<0>(decode_), collect_);
    } else {
      flow::make_edge(flow::output_port<0>(decode_), infer_);
      flow::make_edge(flow::output_port<0>(infer_), collect_);
    }
    flow::make_edge(collect_, free_);
  }

  /// Does what needs memory; whether there was enough.
  template <class Action>
  bool guard(const Action& action) noexcept {
    try {
      action();
      return true;
    } catch (...) {
      stream_.control.fail(
          failure_of(std::current_exception(), "the pipeline"));
      return false;
    }
  }

  LoadPtr deal(tbb::flow_control& end) noexcept {
    LoadPtr dealt;
    guard([&] {
      std::optional<Load> load = stream_.dealer.next();
      if (!load || stream_.control.dropped(load->first)) return;
      dealt = std::make_shared<Load>(std::move(*load));
    });
    if (!dealt) end.stop();
    return dealt;
  }

  void fetch(const Bound& bound) noexcept {
    const auto& [load, slab] = bound;
    slab->take(std::move(*load));
    guard([&, to = slab] {
      for (const Piece& piece : pieces_of(*to)) {
        fetch_.gateway().reserve_wait();
        if (guard([&] { fetcher_->start(piece); })) continue;
        fetch_.gateway().release_wait();
        return;
      }
    });
  }

  /// Whether what is kept of a row is found without its bytes.
  bool known(Slab& slab, std::size_t row) {
    if (stream_.reuse == nullptr) return false;
    std::string& version = slab.version(row);
    version = stream_.source.version(slab.index(row)).value_or("");
    if (version.empty()) return false;
    std::string& key = slab.key(row);
    key = stream_.reuse->key_of(version);
    const std::size_t settled = stream_.reuse->settled();
    if (key.empty() || !recalled(slab, row)) return false;
    // Only then: whoever waits was not read.
    if (!first(slab, row)) {
      slab.set_waiting(row);
    } else if (slab.embedded(row) && stream_.reuse->settled() != settled &&
               stream_.reuse->find_prediction(slab.key(row),
                                              slab.memory_of(row))) {
      slab.set_remembered(row);  // left by a duplicate in between
    }
    return true;
  }

  bool first(Slab& slab, std::size_t row) {
    return stream_.reuse->first(slab.key(row),
                                {slab.position(row), slab.index(row)});
  }

  void fetched(const ChunkPtr& chunk) noexcept {
    if (guard([&] { fetch_.gateway().try_put(chunk); })) return;
    fetcher_->release(chunk->bytes);
  }

  /// True when the slab is complete.
  bool decode(Chunk& chunk) noexcept {
    WorkerRecord& record = hands_.mine().decode;
    const Work work = record.begin();
    record.queued(chunk.since, work.start, chunk.rows);
    for (Chunk::Item& item : chunk.items) {
      try {
        decode(*chunk.slab, item);
      } catch (...) {
        stream_.control.fail(
            failure_of(std::current_exception(), "the decoder"));
      }
    }
    const std::size_t samples = chunk.items.size();
    chunk.items.clear();
    record.worked(work, samples);
    const bool complete = chunk.slab->arrived(chunk.rows);
    if (complete) chunk.slab->since = Stopwatch::Clock::now();
    fetcher_->release(chunk.bytes);
    return complete;
  }

  void decode(Slab& slab, const Chunk::Item& item) {
    const std::size_t position = slab.position(item.row);
    if (stream_.control.dropped(position)) return;
    if (item.bytes.ok() && remembered(slab, item)) return;
    const Result<void> decoded =
        item.bytes.ok()
            ? stream_.decoder.decode(*item.bytes, slab.row(item.row))
            : Result<void>(item.bytes.error());
    if (decoded.ok()) {
      slab.set_decoded(item.row);
    } else {
      failed(slab, item, decoded.error());
    }
  }

  /// Whether the prediction, or what it takes to make it, is that of an earlier
  /// run, or of a sample with the same bytes.
  bool remembered(Slab& slab, const Chunk::Item& item) {
    if (stream_.reuse == nullptr) return false;
    std::string& key = slab.key(item.row);
    key = sha256(item.bytes->text());
    // Only if that has not changed while it was read.
    const std::string& version = slab.version(item.row);
    if (!version.empty() &&
        stream_.source.version(slab.index(item.row)) == version) {
      stream_.reuse->know(version, key);
    }
    if (!first(slab, item.row)) {
      slab.set_waiting(item.row);
      return true;
    }
    return recalled(slab, item.row);
  }

  /// Whether anything is kept under the key of a row, which is filled in then.
  bool recalled(Slab& slab, std::size_t row) {
    switch (stream_.reuse->find(slab.key(row), slab.memory_of(row))) {
      case Known::prediction:
        slab.set_remembered(row);
        return true;
      case Known::embedding:
        slab.set_embedded(row);
        return true;
      case Known::nothing:
        break;
    }
    return false;
  }

  void failed(Slab& slab, const Chunk::Item& item, const Failure& failure) {
    stream_.control.bad(slab.position(item.row), slab.index(item.row), failure);
    if (stream_.reuse == nullptr || !item.bytes.ok()) return;
    const auto duplicates = stream_.reuse->settle(slab.key(item.row));
    for (const auto& [position, index] : duplicates)
      stream_.control.bad(position, index, failure);
    stream_.control.passed(duplicates.size());
  }

  void infer(Slab& slab) noexcept {
    std::vector<Slab::Batch> batches;
    const auto unwanted = [this, &slab] {
      return stream_.control.dropped(slab.position(0));
    };
    guard([&] {
      batches = slab.batches_to_infer();
      for (const Slab::Batch& batch : batches)
        slab.sink(batch.number).unwanted = unwanted;
    });
    if (batches.empty() || unwanted()) {
      guard([&] { infer_.gateway().try_put(&slab); });
      return;
    }
    infer_.gateway().reserve_wait();
    slab.in_flight.store(batches.size(), std::memory_order_relaxed);
    model_watch_->went(batches.size());
    for (const auto& [batch, samples] : batches) {
      stream_.executor->submit(slab.view(batch), samples, slab.sink(batch),
                               [this, &slab](Result<void> done) {
                                 inferred(slab, std::move(done));
                               });
    }
  }

  void inferred(Slab& slab, Result<void> done) noexcept {
    model_watch_->came();
    if (!done.ok()) stream_.control.fail(std::move(done).error());
    if (slab.in_flight.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    slab.since = Stopwatch::Clock::now();
    guard([&] { infer_.gateway().try_put(&slab); });
    infer_.gateway().release_wait();
  }

  void collect(Slab& slab) noexcept {
    if (stream_.control.dropped(slab.position(0))) return;
    WorkerRecord& record = hands_.mine().score;
    const Work work = record.begin();
    record.queued(slab.since, work.start, slab.size());
    try {
      stream_.collector.take(slab);
    } catch (...) {
      stream_.control.fail(
          failure_of(std::current_exception(), "the strategy"));
    }
    record.worked(work, slab.size());
  }

  StreamCost cost(Stopwatch::Clock::time_point begin,
                  Stopwatch::Clock::time_point end) const {
    auto [decode, score] = hands_.records(begin, end);
    score.items = stream_.collector.taken();
    StreamCost cost;
    cost.bytes_read = fetcher_->bytes_read();
    cost.stages.push_back(fetcher_->record());
    cost.stages.push_back(std::move(decode));
    if (stream_.executor != nullptr) {
      cost.stages.push_back(stream_.executor->record());
    }
    cost.stages.push_back(std::move(score));
    return cost;
  }

  const Stream& stream_;
  Hands hands_;
  std::optional<ModelWatch> model_watch_;

  // Of its own: cancelling what the caller does in TBB must not cancel a run
  // half way, which would lose slabs.
  tbb::task_group_context context_{tbb::task_group_context::isolated};
  flow::graph graph_;
  flow::input_node<LoadPtr> deal_;
  flow::buffer_node<Slab*> free_;
  flow::join_node<Bound, flow::reserving> bind_;
  flow::async_node<Bound, ChunkPtr> fetch_;
  flow::multifunction_node<ChunkPtr, std::tuple<Slab*>> decode_;
  flow::async_node<Slab*, Slab*> infer_;
  flow::function_node<Slab*, Slab*> collect_;
  std::shared_ptr<Fetcher> fetcher_;  // last: its threads use the nodes
};

}  // namespace

StreamCost run_stream(const Stream& stream) {
  StreamCost cost;
  tbb::task_arena arena(static_cast<int>(workers_for(stream.options)));
  arena.execute([&] { cost = FlowGraph(stream).run(); });
  return cost;
}

}  // namespace quarry::detail
