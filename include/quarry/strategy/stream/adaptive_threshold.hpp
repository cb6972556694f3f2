#pragma once

namespace quarry {

struct AdaptiveThresholdOptions {
  /// θ before the first sample; finite, above 0.
  double start = 1.0;
  /// s: by how much of itself it moves; above 0, below 1.
  double step = 0.01;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// A threshold θ of certainty that follows a stream: a sample less certain is
/// asked for, and makes θ stricter; any other makes it more generous.
///
///     asked = certainty < θ;  θ ← θ (1 − s) if asked, θ (1 + s) otherwise
///
/// So it asks for the least certain samples of late, however certain a model
/// becomes.
///
/// I. Žliobaitė, A. Bifet, B. Pfahringer & G. Holmes, "Active Learning With
/// Drifting Streaming Data", IEEE Transactions on Neural Networks and Learning
/// Systems 2014.
class AdaptiveThreshold {
 public:
  using Options = AdaptiveThresholdOptions;

  /// Raises `strategy.bad_param`.
  explicit AdaptiveThreshold(Options options = {});

  /// Whether a sample of that certainty, from 0 to 1, is asked for; moves θ.
  bool ask(double certainty) noexcept;
  /// θ
  double value() const noexcept { return value_; }

 private:
  Options options_;
  double value_;
};

}  // namespace quarry
