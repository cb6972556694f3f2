#pragma once

namespace quarry {

struct LabellingBudgetOptions {
  /// B: the part of the samples that may be labelled; above 0, at most 1.
  double fraction = 0.1;
  /// w: over how many samples it is counted, fading; finite, at least 1.
  double window = 100.0;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Keeps count of how much of a stream has lately been labelled, in constant
/// memory. With asked_t = 1 where sample t is to be labelled and 0 elsewhere:
///
///     û_t = û_{t−1} (w − 1) / w + asked_t,  û_0 = 0,  spent_t = û_t / w
///
/// Where sample t is asked for only while spent_{t−1} < B, then for all t
///
///     spent_t < B + (1 − B) / w
///     asked_1 + … + asked_t < (w B + 1 − B) (1 + (t − 1) / w)
///
/// so that some w B labels can be spent at once, and a fraction B thereafter.
///
/// I. Žliobaitė, A. Bifet, B. Pfahringer & G. Holmes, "Active Learning With
/// Drifting Streaming Data", IEEE Transactions on Neural Networks and Learning
/// Systems 2014.
class LabellingBudget {
 public:
  using Options = LabellingBudgetOptions;

  /// Raises `strategy.bad_param`.
  explicit LabellingBudget(Options options = {});

  /// Whether one more sample may be asked for: spent < B.
  bool left() const noexcept { return spent() < options_.fraction; }
  /// Takes one more sample into account, asked for or not; returns `asked`.
  bool count(bool asked) noexcept;
  /// The part of the last samples that was asked for.
  double spent() const noexcept { return asked_ / options_.window; }
  double fraction() const noexcept { return options_.fraction; }

 private:
  Options options_;
  double asked_ = 0.0;  // û
};

}  // namespace quarry
