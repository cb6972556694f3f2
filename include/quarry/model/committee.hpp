#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quarry/model/any_model.hpp"

namespace quarry {

/// Several models as one, for strategies that look at where they differ
/// (`vote_entropy`, `kl_qbc`, `variation_ratio`, all on passes): pass k is what
/// member k says.
///
///     probabilities = (1/K) Σ_k p_k      the consensus of K members
///     logits        = ln of it           (the mean itself in a regression)
///     embeddings    = those of the first member
///
/// Members that are `HeadModel`s with the same backbone run it once, and their
/// heads on what it gives: bit for bit what each gives by itself. (Those that
/// can learn, and then have another backbone, share none.) Models
/// `EmbeddingModel` and `StochasticModel`. Cost: that of the backbones that
/// differ, and of the heads.
///
/// Source: Seung, Opper & Sompolinsky (1992), Query by Committee.
class Committee {
 public:
  /// Takes models of the same input, classes and task, in this order. Raises
  /// `model.committee` when there is none, or one that differs, naming it.
  explicit Committee(std::vector<AnyModel> members);

  /// Raises what the members raise.
  Predictions infer(const SlabView& slab);
  /// `passes` must be `members()`; `seed` does not matter. Raises what the
  /// members raise.
  StochasticPredictions infer_stochastic(const SlabView& slab,
                                         std::size_t passes,
                                         std::uint64_t seed);

  /// K ≥ 1.
  std::size_t members() const noexcept { return members_.size(); }
  /// How many of them run whole: the others share a backbone with one of these.
  std::size_t backbones() const;

  SampleSpec input() const { return members_.front().input(); }
  /// What every member accepts.
  Result<void> accepts(const SampleSpec& spec) const;
  std::vector<std::string> classes() const {
    return members_.front().classes();
  }
  std::string fingerprint() const;
  std::string computes_with() const;
  Committee replicate() const;
  std::size_t embedding_dim() const { return members_.front().embedding_dim(); }
  /// Memory of the first member's, of which the others read.
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const {
    return members_.front().make_slab(bytes);
  }
  /// Of the first member.
  std::size_t default_executors(std::size_t threads) const {
    return members_.front().default_executors(threads);
  }
  std::vector<std::string> notes() const;
  Task task() const { return members_.front().task(); }

 private:
  Committee(std::vector<AnyModel> members, std::vector<std::size_t> body)
      : members_(std::move(members)), body_(std::move(body)) {}
  std::vector<Predictions> infer_each(const SlabView& slab);

  std::vector<AnyModel> members_;
  /// Of each member: the first with the same backbone; itself without one.
  std::vector<std::size_t> body_;
};

}  // namespace quarry
