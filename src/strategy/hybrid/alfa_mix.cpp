#include "quarry/strategy/hybrid/alfa_mix.hpp"

#include <cmath>
#include <map>
#include <set>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/sums.hpp"
#include "quarry/strategy/distance.hpp"

#include "strategy/infinity.hpp"
#include "strategy/known_labels.hpp"
#include "strategy/linear_head.hpp"
#include "strategy/row_scorer.hpp"

namespace quarry {

void AlfaMixOptions::validate() const {
  if (!epsilon) return;
  detail::expect_option(std::isfinite(*epsilon) && *epsilon > 0.0, "eps",
                        *epsilon, "finite and above 0");
}

namespace detail {
namespace {

/// The mean embedding of the labelled rows of each class.
std::vector<std::vector<double>> anchors_of(const PoolView& pool) {
  struct Class {
    std::vector<double> sum;
    double rows = 0.0;
  };
  std::map<std::int64_t, Class> classes;
  const auto labels = known_labels(pool);
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  std::vector<double> h(embeddings.cols());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0) continue;
    embeddings.read_row(pool.labelled()[i], std::span(h));
    Class& mine = classes[labels[i]];
    mine.sum.resize(h.size(), 0.0);
    for (std::size_t d = 0; d < h.size(); ++d) mine.sum[d] += h[d];
    mine.rows += 1.0;
  }
  std::vector<std::vector<double>> anchors;
  for (auto& [label, mine] : classes) {
    for (double& x : mine.sum) x /= mine.rows;
    anchors.push_back(std::move(mine.sum));
  }
  return anchors;
}

/// What a row is mixed towards, and what that does to its logits. One a thread.
class Mixer {
 public:
  Mixer(const LinearHead& head, const std::vector<std::vector<double>>& anchors)
      : head_(head),
        anchors_(anchors),
        logits_(head.classes()),
        residual_(head.classes()),
        direction_(head.width()),
        slope_(head.classes()),
        mixed_(head.classes()) {}

  /// The least ε that changes the prediction.
  double least(std::span<const double> h) {
    head_.logits(h, logits_);
    favoured_ = favoured(logits_);
    if (!find_direction()) return infinity;
    head_.product(direction_, slope_);
    double least = infinity;
    for (const std::vector<double>& anchor : anchors_) {
      least = std::min(least, least_towards(anchor, h));
    }
    return least;
  }

 private:
  /// Sets g / ‖g‖; false when there is none. The gradient is Wᵀ (p − e_ŷ), and
  /// its direction that of Wᵀ (q − e_ŷ), q the probabilities when ŷ is left
  /// out: they do not vanish when the prediction is all but certain.
  bool find_direction() {
    double most = -infinity;
    for (std::size_t c = 0; c < logits_.size(); ++c) {
      if (c != favoured_) most = std::max(most, logits_[c]);
    }
    double sum = 0.0;
    for (std::size_t c = 0; c < logits_.size(); ++c) {
      residual_[c] = c == favoured_ ? 0.0 : std::exp(logits_[c] - most);
      sum += residual_[c];
    }
    if (!(sum > 0.0)) return false;  // there is no other class
    for (double& r : residual_) r /= sum;
    residual_[favoured_] = -1.0;
    for (std::size_t d = 0; d < direction_.size(); ++d) {
      const auto weights = head_.weights_of(d);
      direction_[d] = 0.0;
      for (std::size_t c = 0; c < residual_.size(); ++c) {
        direction_[d] += residual_[c] * weights[c];
      }
    }
    const double length = length_of(std::span<const double>(direction_));
    if (!(length > 0.0)) return false;
    for (double& x : direction_) x /= length;
    return true;
  }

  double least_towards(const std::vector<double>& anchor,
                       std::span<const double> h) {
    mixed_ = slope_;
    for (std::size_t d = 0; d < h.size(); ++d) {
      if (anchor[d] != h[d]) continue;
      const auto weights = head_.weights_of(d);
      for (std::size_t c = 0; c < mixed_.size(); ++c) {
        mixed_[c] -= direction_[d] * weights[c];
      }
    }
    const double distance =
        std::sqrt(Euclidean().reduced(std::span<const double>(anchor), h));
    double least = infinity;
    for (std::size_t c = 0; c < mixed_.size(); ++c) {
      const double rise = distance * (mixed_[c] - mixed_[favoured_]);
      if (c == favoured_ || !(rise > 0.0)) continue;
      least = std::min(least, (logits_[favoured_] - logits_[c]) / rise);
    }
    return least;
  }

  const LinearHead& head_;
  const std::vector<std::vector<double>>& anchors_;
  std::vector<double> logits_;  // [C]
  std::size_t favoured_ = 0;
  std::vector<double> residual_;   // [C]
  std::vector<double> direction_;  // [D]
  std::vector<double> slope_;      // [C]: W g / ‖g‖
  std::vector<double> mixed_;      // [C]: the same of the features that move
};

}  // namespace

FilteredRows Mixing::score(const AlfaMixOptions& options, const PoolView& pool,
                           SelectContext& context) {
  const std::size_t width = pool.input(inputs::embeddings).cols();
  const LinearHead head(pool);
  const auto anchors = anchors_of(pool);
  const double epsilon =
      options.epsilon.value_or(0.2 / std::sqrt(static_cast<double>(width)));
  if (anchors.empty()) {
    return {.scores = std::vector<double>(pool.candidates().size(), 0.0),
            .threshold = -epsilon};
  }
  return {.scores = score_rows(pool, context,
                               [&] {
                                 return [mixer = Mixer(head, anchors)](
                                            std::size_t,
                                            std::span<const double> h) mutable {
                                   return -mixer.least(h);
                                 };
                               }),
          .threshold = -epsilon};
}

std::size_t Mixing::bytes(const PoolView& pool, std::size_t threads) {
  const std::size_t width = pool.input(inputs::embeddings).cols();
  const std::size_t classes = pool.input(inputs::head_weight).rows();
  const auto labels = pool.labels();
  const std::set<std::int64_t> known(labels.begin(), labels.end());
  return LinearHead::bytes(pool) +
         (known.size() * width + threads * (2 * width + 4 * classes)) *
             sizeof(double);
}

}  // namespace detail

}  // namespace quarry
