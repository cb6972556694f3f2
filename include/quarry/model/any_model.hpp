#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quarry/model/concept.hpp"
#include "quarry/model/task.hpp"

namespace quarry {

/// Any `Model`, chosen at run time; holds a copy, `std::ref` shares (and then
/// the caller must not use it meanwhile). Itself an `EmbeddingModel`, a
/// `HeadModel`, a `StochasticModel` and a `DifferentiableModel`.
class AnyModel {
 public:
  // In this order: whether it is one is not asked of the type itself.
  template <class M>
    requires(!std::same_as<M, AnyModel> && Model<M>)
  AnyModel(M model) : self_(std::make_shared<Holder<M, M>>(std::move(model))) {}

  template <Model M>
  AnyModel(std::reference_wrapper<M> model)
      : self_(std::make_shared<Holder<M, M&>>(model.get())) {}

  Predictions infer(const SlabView& slab) { return self_->infer(slab); }
  /// Empty when the model is no `HeadModel`.
  std::string backbone() const { return self_->backbone(); }
  /// Expects a `backbone()`.
  Predictions head(const Matrix& embeddings) { return self_->head(embeddings); }
  /// Whether the model is a `StochasticModel` and, with the hook, has dropout.
  bool has_dropout() const { return self_->has_dropout(); }
  /// How many passes there are, always; 0 unless the model has the hook.
  std::size_t members() const { return self_->members(); }
  /// Whether the model is a `TrainableModel`.
  bool learns() const { return self_->learns(); }
  /// Expects `has_dropout()`.
  StochasticPredictions infer_stochastic(const SlabView& slab,
                                         std::size_t passes,
                                         std::uint64_t seed) {
    return self_->infer_stochastic(slab, passes, seed);
  }
  /// Whether the model is a `DifferentiableModel` and, with the hook, can be
  /// differentiated.
  bool differentiable() const { return self_->differentiable(); }
  /// Expects `differentiable()`.
  Matrix preprocess(const SlabView& slab) { return self_->preprocess(slab); }
  /// Expects `differentiable()`.
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent) {
    return self_->gradient(inputs, cotangent);
  }
  /// Whether the model is an `AsyncModel`.
  bool is_async() const { return self_->is_async(); }
  /// Expects `is_async()`.
  void submit(const SlabView& slab, PredictionSink& sink,
              InferDone done) noexcept {
    self_->submit(slab, sink, std::move(done));
  }
  SampleSpec input() const { return self_->input(); }
  std::vector<std::string> classes() const { return self_->classes(); }
  std::string fingerprint() const { return self_->fingerprint(); }
  AnyModel replicate() const { return AnyModel(self_->replicate()); }
  /// 0 when the model is no `EmbeddingModel`.
  std::size_t embedding_dim() const { return self_->embedding_dim(); }
  Result<void> accepts(const SampleSpec& spec) const;
  /// Plain memory unless the model has the hook.
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const {
    return self_->make_slab(bytes);
  }
  std::vector<std::string> notes() const { return self_->notes(); }
  /// Empty unless the model has the hook.
  std::string computes_with() const { return self_->computes_with(); }
  /// `threads` unless the model has the hook.
  std::size_t default_executors(std::size_t threads) const {
    return self_->default_executors(threads);
  }
  /// Multiclass unless the model has the hook.
  Task task() const { return self_->task(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Predictions infer(const SlabView& slab) = 0;
    virtual std::string backbone() const = 0;
    virtual Predictions head(const Matrix& embeddings) = 0;
    virtual bool has_dropout() const = 0;
    virtual std::size_t members() const = 0;
    virtual bool learns() const = 0;
    virtual StochasticPredictions infer_stochastic(const SlabView& slab,
                                                   std::size_t passes,
                                                   std::uint64_t seed) = 0;
    virtual bool differentiable() const = 0;
    virtual Matrix preprocess(const SlabView& slab) = 0;
    virtual InputGradient gradient(const Matrix& inputs,
                                   const Matrix& cotangent) = 0;
    virtual bool is_async() const = 0;
    virtual void submit(const SlabView& slab, PredictionSink& sink,
                        InferDone done) noexcept = 0;
    virtual SampleSpec input() const = 0;
    virtual std::vector<std::string> classes() const = 0;
    virtual std::string fingerprint() const = 0;
    virtual std::shared_ptr<Interface> replicate() const = 0;
    virtual std::size_t embedding_dim() const = 0;
    virtual Result<void> accepts(const SampleSpec& spec) const = 0;
    virtual std::shared_ptr<std::byte[]> make_slab(std::size_t n) const = 0;
    virtual std::vector<std::string> notes() const = 0;
    virtual std::string computes_with() const = 0;
    virtual std::size_t default_executors(std::size_t threads) const = 0;
    virtual Task task() const = 0;
  };

  /// `Held` is `M` or `M&`.
  template <class M, class Held>
  struct Holder;

  explicit AnyModel(std::shared_ptr<Interface> self) : self_(std::move(self)) {}
  [[noreturn]] static void no_head();
  [[noreturn]] static void no_dropout();
  [[noreturn]] static void no_gradient();
  static Result<void> same_spec(const SampleSpec& wanted,
                                const SampleSpec& offered);

  std::shared_ptr<Interface> self_;
};

template <class M, class Held>
struct AnyModel::Holder : AnyModel::Interface {
  explicit Holder(Held held) : model(std::forward<Held>(held)) {}

  Predictions infer(const SlabView& slab) override { return model.infer(slab); }
  std::string backbone() const override {
    if constexpr (HeadModel<M>) return model.backbone();
    return {};
  }
  Predictions head(const Matrix& embeddings) override {
    if constexpr (HeadModel<M>) {
      return model.head(embeddings);
    } else {
      no_head();
    }
  }
  bool has_dropout() const override {
    if constexpr (StochasticModel<M> &&
                  requires(const M& m) { m.has_dropout(); }) {
      return model.has_dropout();
    }
    return StochasticModel<M>;
  }
  std::size_t members() const override {
    if constexpr (requires(const M& m) { m.members(); }) return model.members();
    return 0;
  }
  StochasticPredictions infer_stochastic(const SlabView& slab,
                                         std::size_t passes,
                                         std::uint64_t seed) override {
    if constexpr (StochasticModel<M>) {
      return model.infer_stochastic(slab, passes, seed);
    } else {
      no_dropout();
    }
  }
  bool learns() const override {
    if constexpr (std::same_as<M, AnyModel>) return model.learns();
    return TrainableModel<M>;
  }
  bool differentiable() const override {
    if constexpr (DifferentiableModel<M> &&
                  requires(const M& m) { m.differentiable(); }) {
      return model.differentiable();
    }
    return DifferentiableModel<M>;
  }
  Matrix preprocess(const SlabView& slab) override {
    if constexpr (DifferentiableModel<M>) {
      return model.preprocess(slab);
    } else {
      no_gradient();
    }
  }
  InputGradient gradient(const Matrix& inputs,
                         const Matrix& cotangent) override {
    if constexpr (DifferentiableModel<M>) {
      return model.gradient(inputs, cotangent);
    } else {
      no_gradient();
    }
  }
  bool is_async() const override {
    if constexpr (std::same_as<M, AnyModel>) return model.is_async();
    return AsyncModel<M>;
  }
  void submit(const SlabView& slab, PredictionSink& sink,
              InferDone done) noexcept override {
    if constexpr (AsyncModel<M>) {
      model.submit(slab, sink, std::move(done));
    } else {
      done(Failure{"contract.violated", "submit() of a model that blocks",
                   "use infer()", Blame::run});
    }
  }
  SampleSpec input() const override { return model.input(); }
  std::vector<std::string> classes() const override { return model.classes(); }
  std::string fingerprint() const override { return model.fingerprint(); }
  std::shared_ptr<Interface> replicate() const override {
    return std::make_shared<Holder<M, M>>(std::as_const(model).replicate());
  }
  std::size_t embedding_dim() const override {
    if constexpr (EmbeddingModel<M>) return model.embedding_dim();
    return 0;
  }
  Result<void> accepts(const SampleSpec& spec) const override {
    if constexpr (requires(const M& m) { m.accepts(spec); }) {
      return model.accepts(spec);
    }
    return same_spec(model.input(), spec);
  }
  std::shared_ptr<std::byte[]> make_slab(std::size_t n) const override {
    if constexpr (requires(const M& m) { m.make_slab(n); }) {
      return model.make_slab(n);
    }
    return std::make_shared<std::byte[]>(n);
  }
  std::vector<std::string> notes() const override {
    if constexpr (requires(const M& m) { m.notes(); }) return model.notes();
    return {};
  }
  std::string computes_with() const override {
    if constexpr (requires(const M& m) { m.computes_with(); }) {
      return model.computes_with();
    }
    return {};
  }
  std::size_t default_executors(std::size_t threads) const override {
    if constexpr (requires(const M& m) { m.default_executors(threads); }) {
      return model.default_executors(threads);
    }
    return threads;
  }
  Task task() const override {
    if constexpr (requires(const M& m) { m.task(); }) return model.task();
    return Task::multiclass;
  }

  Held model;
};

inline Result<void> AnyModel::accepts(const SampleSpec& spec) const {
  return self_->accepts(spec);
}

}  // namespace quarry
