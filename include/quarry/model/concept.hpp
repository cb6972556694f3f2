#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/decode/concept.hpp"
#include "quarry/model/fit.hpp"
#include "quarry/model/predictions.hpp"

namespace quarry {

/// A `Model` turns a batch of decoded samples into predictions.
///
/// Expressions, for `M& m`, `const M& c` and a `SlabView v` of B rows:
///
///     m.infer(v)       → Predictions: logits and probabilities [B, C],
///                        embeddings [B, D] (D = 0 when it has none)
///     c.input()        → SampleSpec: what a row of a slab must look like
///     c.classes()      → the C class names, in the order of the columns
///     c.fingerprint()  → a string that differs when weights, architecture or
///                        preprocessing differ: the key of every cache
///     c.replicate()    → M: a handle that may run beside this one, with equal
///                        results; weights are shared where they can be
///
/// `infer` raises `model.*` when the batch cannot be computed. Optional hooks:
///
///     c.accepts(spec)     → Result<void>: slabs of another spec that will do
///                           (smaller images, enlarged on the device)
///     c.make_slab(bytes)  → std::shared_ptr<std::byte[]>: memory for a slab
///                           (pinned, for a device)
///     c.notes()           → std::vector<std::string>: what an operator should
///                           know (assumed defaults, a device not usable)
///     c.task()            → Task: what the outputs mean, when they are not
///                           multiclass
///     c.default_executors(threads)
///                         → how many executors a pipeline of so many threads
///                           gives it unless told otherwise: as many, without
///                           the hook
///     c.computes_with()   → a string that differs when the last bits of a
///                           prediction may: library, instruction set, device.
///                           With the fingerprint the key of every cache
///
/// Laws, checked by `testing::check_model` with those of the refinements below
/// that a model models. At a fixed B, the prediction of a row depends neither
/// on the other rows, nor on its place, nor on padding:
///
///     infer(P v) == P infer(v)                  P permutes the rows
///     infer([x, pad])[0] == infer([x, y])[0]
///     replicate().infer(v) == infer(v)
///     logits and embeddings are finite
///     Σ_c probabilities(r, c) == 1 ± 1e-5       (multiclass)
///
/// bitwise for the built-in nets, to 1e-5 for any. Threads: one thread at a
/// time per replica. The shortest complete model is in
/// examples/extend/my_model.cpp. Shipped: `ToyModel` (the template to copy),
/// `TorchScriptModel`, `AotiModel`, `TorchModule`; `AnyModel`.
template <class M>
concept Model = std::copy_constructible<M> &&
    requires(M& m, const M& c, const SlabView& v) {
  { m.infer(v) } -> std::same_as<Predictions>;
  { c.input() } -> std::convertible_to<SampleSpec>;
  { c.classes() } -> std::convertible_to<std::vector<std::string>>;
  { c.fingerprint() } -> std::convertible_to<std::string>;
  { c.replicate() } -> std::same_as<M>;
};

/// A `Model` that can give embeddings:
///
///     c.embedding_dim()  → D, the columns of `Predictions::embeddings`; 0 when
///                          this one (a model file, say) has none after all
template <class M>
concept EmbeddingModel = Model<M> && requires(const M& c) {
  { c.embedding_dim() } -> std::convertible_to<std::size_t>;
};

/// An `EmbeddingModel` that ends in a head: its logits are a function of the
/// embedding alone. Where only the head of a network is new, embeddings that
/// were kept say all there is to know of a sample:
///
///     m.head(e)     → Predictions for embeddings e [B, D], bit for bit those
///                     of `infer` at the same B; its own embeddings are [B, 0]
///     c.backbone()  → a string that differs when anything does that decides
///                     the bits of an embedding: weights, architecture and
///                     preprocessing, library, instruction set, device. Empty
///                     when this one (a model file, say) ends otherwise
template <class M>
concept HeadModel = EmbeddingModel<M> &&
    requires(M& m, const M& c, const Matrix& e) {
  { m.head(e) } -> std::same_as<Predictions>;
  { c.backbone() } -> std::convertible_to<std::string>;
};

/// A `Model` with dropout that stays on when asked:
///
///     m.infer_stochastic(v, passes, seed)  → StochasticPredictions [K · B, C]
///
/// Only dropout is switched on; batch norm stays in evaluation. A mask is a
/// function of seed, pass and layer alone, the same for every row of every
/// slab, so that a pass is one model. Optional hooks:
///
///     c.has_dropout()  → bool: false when this one (a model file, say) has
///                        none after all
///     c.members()      → K: the passes are the K models of a committee, so
///                        that there are exactly K, and the seed is of no
///                        matter. 0: they are not
template <class M>
concept StochasticModel = Model<M> &&
    requires(M& m, const SlabView& v, std::size_t passes, std::uint64_t seed) {
  {
    m.infer_stochastic(v, passes, seed)
    } -> std::same_as<StochasticPredictions>;
};

/// A `Model` whose logits can be differentiated by its input:
///
///     m.preprocess(v)           → Matrix [B, P]: the network's input, flat
///     m.gradient(x, cotangent)  → InputGradient for inputs x [B, P] and
///                                 cotangents [B, C]: a vector–Jacobian product
///
/// Where all cotangents are 0, the gradient is, and logits alone are wanted.
/// Laws, with s a matrix of small steps and ⟨·,·⟩ row by row:
///
///     gradient(preprocess(v), c).logits == infer(v).logits, to 1e-4
///     ⟨c, logits(x + s) − logits(x − s)⟩ ≈ 2 ⟨gradient(x, c).gradient, s⟩
///     a row depends neither on the other rows nor on its place, to 1e-5
///
/// Optional hook:
///
///     c.differentiable()  → bool: false when this one cannot after all
template <class M>
concept DifferentiableModel = Model<M> &&
    requires(M& m, const SlabView& v, const Matrix& x) {
  { m.preprocess(v) } -> std::same_as<Matrix>;
  { m.gradient(x, x) } -> std::same_as<InputGradient>;
};

/// A `Model` that learns from labelled samples:
///
///     m.fit(set, options)  → FitReport; from then on `infer` uses the new
///                            weights and `fingerprint` is another
template <class M>
concept TrainableModel = Model<M> &&
    requires(M& m, const TrainingSet& set, const FitOptions& options) {
  { m.fit(set, options) } -> std::same_as<FitReport>;
};

/// Called once when the rows of a submitted batch are in the sink, or will
/// never be; from any thread.
using InferDone = std::function<void(Result<void>)>;

/// A `Model` that runs batches beside the calling thread (a device, a server):
///
///     m.submit(v, sink, done)  noexcept; returns at once, writes row r of the
///                              batch into row r of the sink, then calls `done`
///                              exactly once. `v` and `sink` live until then.
template <class M>
concept AsyncModel = Model<M> &&
    requires(M& m, const SlabView& v, PredictionSink& sink, InferDone done) {
  { m.submit(v, sink, std::move(done)) }
  noexcept->std::same_as<void>;
};

}  // namespace quarry
