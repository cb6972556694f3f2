#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/decode/concept.hpp"
#include "quarry/model/predictions.hpp"
#include "quarry/strategy/adversarial/attack.hpp"

#include "core/stopwatch.hpp"
#include "pipeline/cache/recipe.hpp"
#include "pipeline/dealer.hpp"

namespace quarry::detail {

/// The shape of all slabs of a run.
struct SlabShape {
  SampleSpec spec;           ///< of one row
  std::size_t batch = 0;     ///< rows the model sees at once
  std::size_t batches = 1;   ///< batches a slab holds
  std::size_t classes = 0;   ///< columns of the probabilities; 0: no inference
  std::size_t features = 0;  ///< columns of the embeddings; 0: not wanted
  std::size_t passes = 0;    ///< stochastic passes a row
  std::uint64_t seed = 0;    ///< of their masks
  bool plain = true;         ///< predictions without dropout are wanted
  bool remembers = false;    ///< predictions come from a store and go there
  std::vector<Attack> attacks = {};  ///< on the model, a number a row each

  std::size_t rows() const noexcept { return batch * batches; }
  /// Whether the model is asked for what blocks, even if it is asynchronous.
  bool blocks() const noexcept { return passes > 0 || !attacks.empty(); }
  std::size_t bytes() const noexcept { return rows() * spec.bytes(); }
  /// Numbers that are kept of a sample.
  std::size_t width() const noexcept {
    return kept_numbers(classes, features, passes);
  }
  friend bool operator==(const SlabShape&, const SlabShape&) = default;
};

/// Rows of a batch whose embeddings are known, so that the model's head says
/// the rest.
struct HeadRows {
  Matrix embeddings;              ///< `[B, D]`, zero in other rows
  std::vector<std::size_t> rows;  ///< ascend; mostly none
};

/// Where the predictions of a batch go.
struct BatchSink : PredictionSink {
  /// `[K · B, C]`, pass after pass; `[0, C]` when no passes are wanted.
  MatrixRef passes;
  std::uint64_t seed = 0;
  /// False: the probabilities are the mean of the passes, and all else is left.
  bool plain = true;
  /// Whether any row is to be seen by the network.
  bool network = true;
  HeadRows head = {};
  /// `[B, A]`: what A attacks say of the rows that the network sees.
  MatrixRef lengths = {nullptr, 0, 0};
  std::span<const Attack> attacks = {};
  std::vector<std::size_t> attacked = {};  ///< these rows; ascend
  /// Whether nobody wants any of it any more. From any thread.
  std::function<bool()> unwanted = {};
};

/// How many batches share a slab: enough for the 64 samples that make a message
/// worth its way through the graph, while the slab stays small.
std::size_t batches_per_slab(std::size_t batch, std::size_t row_bytes);

/// The token of the flow graph: memory for one batch (or a few small ones) of
/// decoded samples and for what the model says of them. Row r holds the r-th
/// sample of its load; rows without a sample are zero.
class Slab {
 public:
  Slab(SlabShape shape, std::shared_ptr<std::byte[]> memory);

  /// Begins anew. No row is ready.
  void take(Load load);

  std::size_t size() const noexcept { return load_.indices.size(); }
  /// Where row `r` stands among the samples of the run.
  std::size_t position(std::size_t r) const noexcept { return load_.first + r; }
  /// Where row `r` stands in the source.
  std::size_t index(std::size_t r) const noexcept { return load_.indices[r]; }

  std::span<std::byte> row(std::size_t r) noexcept;
  void set_decoded(std::size_t r) noexcept { states_[r] = State::decoded; }
  /// Decoded or remembered, if only in part.
  bool ready(std::size_t r) const noexcept {
    return states_[r] == State::decoded || states_[r] == State::embedded ||
           states_[r] == State::remembered;
  }

  /// `rows` more rows are through decoding, ready or not. True for the last of
  /// them, once what the model sees beside decoded rows has been zeroed.
  bool arrived(std::size_t rows);

  /// Batches with a row of which the model has something to say; `in_flight`
  /// counts them down.
  struct Batch {
    std::size_t number = 0;
    std::size_t samples = 0;  ///< such rows
  };
  /// Also tells the sinks what to compute.
  std::vector<Batch> batches_to_infer();
  std::atomic<std::size_t> in_flight = 0;
  /// Since when it has been waiting for the next stage.
  Stopwatch::Clock::time_point since = {};
  const SlabView& view(std::size_t batch) const { return views_[batch]; }
  BatchSink& sink(std::size_t batch) { return sinks_[batch]; }

  Matrix logits;         ///< `[rows, C]`
  Matrix probabilities;  ///< `[rows, C]`
  Matrix embeddings;     ///< `[rows, D]`
  Matrix passes;         ///< `[batches · K · batch, C]`
  Matrix lengths;        ///< `[rows, A]`

  // With `SlabShape::remembers`:

  /// The SHA-256 of row `r`'s bytes.
  std::string& key(std::size_t r) noexcept { return keys_[r]; }
  /// The version of row `r` before it was read; empty when none is known.
  std::string& version(std::size_t r) noexcept { return versions_[r]; }
  /// Where a prediction that is remembered goes: probabilities, passes,
  /// embedding.
  std::span<float> memory_of(std::size_t r) noexcept;
  void set_remembered(std::size_t r) noexcept {
    states_[r] = State::remembered;
  }
  bool remembered(std::size_t r) const noexcept {
    return states_[r] == State::remembered;
  }
  /// Of row `r` the embedding alone is remembered.
  void set_embedded(std::size_t r) noexcept { states_[r] = State::embedded; }
  bool embedded(std::size_t r) const noexcept {
    return states_[r] == State::embedded;
  }
  /// Row `r` gets its prediction elsewhere, from a duplicate.
  void set_waiting(std::size_t r) noexcept { states_[r] = State::waiting; }
  bool waiting(std::size_t r) const noexcept {
    return states_[r] == State::waiting;
  }
  /// Puts what is remembered among the predictions, over what the model has
  /// said of empty rows.
  void recall();
  /// Puts the prediction of row `r` where what is remembered goes.
  void memorise(std::size_t r);

  std::size_t pass_count() const noexcept { return shape_.passes; }
  /// Where pass `k` of row `r` is, among the rows of `passes`.
  std::size_t pass_row(std::size_t k, std::size_t r) const noexcept {
    const std::size_t batch = r / shape_.batch;
    return (batch * shape_.passes + k) * shape_.batch + r % shape_.batch;
  }

 private:
  SlabShape shape_;
  std::shared_ptr<std::byte[]> memory_;
  Load load_;
  enum class State : std::uint8_t {
    absent,
    decoded,
    embedded,
    remembered,
    waiting
  };
  template <class Copy>
  void each_part(std::size_t r, Copy copy);
  std::size_t count(State state, std::size_t batch) const noexcept;
  void gather_head_rows(std::size_t batch);
  void gather_attacked(std::size_t batch);
  bool decoded(std::size_t r) const noexcept {
    return states_[r] == State::decoded;
  }
  std::vector<State> states_;  // a byte each: they are set by many threads
  std::vector<std::string> keys_;
  std::vector<std::string> versions_;
  Matrix memories_;  // `[rows, width]`
  std::atomic<std::size_t> missing_ = 0;
  std::vector<SlabView> views_;
  std::vector<BatchSink> sinks_;
};

}  // namespace quarry::detail
