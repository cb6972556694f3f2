#pragma once

#include <concepts>
#include <cstddef>
#include <utility>

#include "quarry/data/any_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/model/any_model.hpp"
#include "quarry/pipeline/detail/engine.hpp"
#include "quarry/pipeline/options.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// A pool, a decoder, a model and a strategy, joined: fetching, decoding and
/// inference overlap in one flow graph, so that the slowest stage alone sets
/// the speed.
///
///     quarry::Margin margin;
///     auto pipeline = quarry::Pipeline(pool, decoder, model, margin);
///     quarry::Selection picked = pipeline.select(100);
///
/// It owns what it is given: parts are copied or moved in (sources and models
/// are cheap handles); `std::ref` shares. A strategy that needs what the model
/// cannot give fails when this is compiled, if the types know, and otherwise
/// when it is constructed, before any byte is fetched.
///
/// Raises `pipeline.option`; `pipeline.needs_embeddings`;
/// `pipeline.needs_passes` when the model has no dropout;
/// `pipeline.needs_gradients` when the strategy attacks a model that is no
/// `DifferentiableModel`;
/// `pipeline.needs_multiclass` when the strategy needs probabilities and the
/// model's `task()` is another; `pipeline.unknown_input` when it needs anything
/// but probabilities, passes and embeddings; `pipeline.shape` when the
/// decoder's rows are not what the model takes; and what the parts raise.
///
/// One thread at a time. With `std::ref` the model must not be used elsewhere
/// during a run; between runs it may be trained.
template <class Source, class Decoder_, class Model_, class Strategy_>
class Pipeline {
  using S = detail::UnwrappedT<Source>;
  using D = detail::UnwrappedT<Decoder_>;
  using M = detail::UnwrappedT<Model_>;
  using T = detail::UnwrappedT<Strategy_>;

  static_assert(DataSource<S>,
                "Pipeline: the first argument must model quarry::DataSource: "
                "size(), sample(i), read(i); see docs/concepts/data_source.md");
  static_assert(Decoder<D>,
                "Pipeline: the second argument must model quarry::Decoder: "
                "spec(), decode(bytes, row); see docs/concepts/decoder.md");
  static_assert(Model<M>,
                "Pipeline: the third argument must model quarry::Model: "
                "infer(slab), input(), classes(), fingerprint(), replicate(); "
                "see docs/concepts/model.md");
  static_assert(std::same_as<T, AnyStrategy> || PointwiseStrategy<T> ||
                    SetStrategy<T>,
                "Pipeline: the fourth argument must model "
                "quarry::PointwiseStrategy: needs(), score(prediction), or "
                "quarry::SetStrategy: needs(), select(pool, budget, context); "
                "see docs/concepts/strategy.md");
  static_assert(
      EmbeddingModel<M> || !detail::needs_statically<T>(inputs::embeddings),
      "Pipeline: this strategy needs embeddings, but the model has no "
      "embedding_dim(): it does not model quarry::EmbeddingModel; see "
      "docs/concepts/model.md");
  static_assert(
      StochasticModel<M> || !detail::needs_statically<T>(inputs::passes),
      "Pipeline: this strategy needs stochastic passes, but the model has no "
      "infer_stochastic(): it does not model quarry::StochasticModel; see "
      "docs/concepts/model.md");
  static_assert(
      DifferentiableModel<M> || !requires(const T& t) { t.attack(); },
      "Pipeline: this strategy attacks the model, but the model has no "
      "preprocess() and gradient(): it does not model "
      "quarry::DifferentiableModel; see docs/concepts/model.md");

 public:
  Pipeline(Source source, Decoder_ decoder, Model_ model, Strategy_ strategy,
           PipelineOptions options = {})
      : engine_(AnySource(std::move(source)), AnyDecoder(std::move(decoder)),
                AnyModel(std::move(model)), AnyStrategy(std::move(strategy)),
                std::move(options)) {}

  /// One round: the `min(budget, candidates)` samples most worth labelling.
  ///
  /// A pointwise strategy sees the candidates alone; labelled samples are not
  /// even read. A set strategy that needs anything sees these too. One that
  /// needs nothing runs no model: samples are still read and decoded, so that
  /// none is picked that cannot be used.
  ///
  /// Bad samples are skipped and reported as the error policy says. Raises
  /// `pipeline.empty` (no candidate), `pipeline.too_many_bad`,
  /// `pipeline.all_alike`, `pipeline.bad_sample` (policy `stop`; the first by
  /// index, in any run), `pipeline.predictions` (of another shape than the
  /// model announced), `pipeline.part_threw` and `pipeline.no_answer` (a part
  /// that breaks its contract), `file.write` (no trace can be begun), and every
  /// other `Error` of a part as it is. Then the graph has drained, and the
  /// pipeline can be used again.
  ///
  /// Cancelled, it returns the best of what was scored, with
  /// `stopped == Stopped::cancelled`; a set strategy that has not seen the
  /// whole pool picks nothing. Can be called again.
  ///
  /// Memory: slabs and the undecoded budget, whatever the pool's size. A
  /// pointwise strategy adds 12 bytes a sample, and 24 bytes each for up to
  /// 2 · budget rows a thread. A set strategy's inputs grow with the pool: N
  /// rows of what it needs (embeddings of 512 floats are 2 KB a sample, ten
  /// passes over ten classes 400 bytes), about
  /// 30 bytes a sample besides, and what it allocates itself (`memory_limit`).
  Selection select(std::size_t budget) { return engine_.select(budget); }

  /// Predictions only, of every sample (labelled ones too), by index. Raises
  /// what `select` does. To select from them with `select_from` gives what
  /// `select` would: a sample whose embedding alone is not finite keeps its
  /// probabilities, is no bad sample, and is counted in `RunSummary::notes`.
  /// With `passes`, at most 4,096, as many stochastic passes besides, with
  /// masks from `PipelineOptions::seed`; `pipeline.needs_passes` without
  /// dropout. Where the strategy attacks the model, what that finds besides.
  ScoredPool score(std::size_t passes = 0) { return engine_.score(passes); }

  /// How the latest run went, also when it ended with an error: its failures,
  /// for example. Valid until the next run begins.
  const RunSummary& last_run() const { return engine_.last_run(); }

 private:
  detail::Engine engine_;
};

}  // namespace quarry
