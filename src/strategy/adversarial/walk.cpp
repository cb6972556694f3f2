#include "strategy/adversarial/walk.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace quarry::detail {
namespace {

using Eigen::Index;

constexpr float never = std::numeric_limits<float>::infinity();
constexpr float failed = std::numeric_limits<float>::quiet_NaN();
// Rows that the model sees at once: always as many, so that the bits of a row
// do not depend on how many others are still under way.
constexpr Index most_at_once = 32;
constexpr double rounding = 1e-6;

struct Walker {
  Index row = 0;
  Index label = 0;
  double first_margin = 0.0;
  bool left = false;
};

/// How far ahead of all others a class is.
double margin_of(const Matrix& logits, Index row, Index label) {
  float other = -std::numeric_limits<float>::infinity();
  for (Index c = 0; c < logits.cols(); ++c)
    if (c != label) other = std::max(other, logits(row, c));
  return static_cast<double>(logits(row, label)) - static_cast<double>(other);
}

class Walk {
 public:
  Walk(const AttackedModel& model, const Matrix& inputs,
       std::span<const std::size_t> rows, double part, const NextStep& next,
       std::span<float> lengths)
      : model_(model),
        inputs_(inputs),
        part_(part),
        next_(next),
        lengths_(lengths),
        moved_(Matrix::Zero(inputs.rows(), inputs.cols())),
        logits_(inputs.rows(), static_cast<Index>(model.classes)),
        at_once_(std::min(most_at_once, inputs.rows())) {
    for (const std::size_t row : rows)
      walkers_.push_back({.row = static_cast<Index>(row)});
  }

  void run(std::size_t max_iterations) {
    for (std::size_t steps = 0;; ++steps) {
      in_groups([&](std::span<Walker> group) { look(group, steps == 0); });
      if (walkers_.empty() || steps == max_iterations) break;
      in_groups([&](std::span<Walker> group) { step(group); });
    }
    for (const Walker& walker : walkers_) length_of(walker) = never;
  }

 private:
  template <class Action>
  void in_groups(const Action& action) {
    const auto size = static_cast<std::size_t>(at_once_);
    for (std::size_t first = 0; first < walkers_.size(); first += size) {
      action(std::span(walkers_).subspan(
          first, std::min(size, walkers_.size() - first)));
    }
    std::erase_if(walkers_, [](const Walker& walker) { return walker.left; });
  }

  float& length_of(const Walker& walker) {
    return lengths_[static_cast<std::size_t>(walker.row)];
  }
  void leave(Walker& walker, float length) {
    length_of(walker) = length;
    walker.left = true;
  }

  Matrix places_of(std::span<const Walker> group) const {
    Matrix places = Matrix::Zero(at_once_, inputs_.cols());
    for (std::size_t i = 0; i < group.size(); ++i) {
      const Index row = group[i].row;
      places.row(static_cast<Index>(i)) = inputs_.row(row) + moved_.row(row);
    }
    return places;
  }

  /// Those that are there leave.
  void look(std::span<Walker> group, bool first) {
    const Matrix logits =
        model_
            .gradient(places_of(group), Matrix::Zero(at_once_, logits_.cols()))
            .logits;
    for (std::size_t i = 0; i < group.size(); ++i) {
      Walker& walker = group[i];
      const auto at = static_cast<Index>(i);
      const auto row = logits.row(at);
      logits_.row(walker.row) = row;
      if (!row.allFinite()) {
        leave(walker, first ? failed : never);
        continue;
      }
      if (first) {
        row.maxCoeff(&walker.label);
        walker.first_margin = margin_of(logits, at, walker.label);
      }
      const double margin = margin_of(logits, at, walker.label);
      if (std::isinf(margin)) {  // there is no other class
        leave(walker, never);
        continue;
      }
      const auto largest = static_cast<double>(row.cwiseAbs().maxCoeff());
      const double left = first ? 0.0 : part_ * walker.first_margin;
      if (margin > std::max(left, rounding * largest)) continue;
      leave(walker,
            static_cast<float>(moved_.row(walker.row).cast<double>().norm()));
    }
  }

  /// Those that do not move leave.
  void step(std::span<Walker> group) {
    const Matrix places = places_of(group);
    Matrix logits = Matrix::Zero(at_once_, logits_.cols());
    std::vector<Index> labels;
    for (const Walker& walker : group) {
      logits.row(static_cast<Index>(labels.size())) = logits_.row(walker.row);
      labels.push_back(walker.label);
    }
    const Matrix steps = next_({.model = model_,
                                .inputs = places,
                                .logits = logits,
                                .labels = labels});
    for (std::size_t i = 0; i < group.size(); ++i) {
      const auto way = steps.row(static_cast<Index>(i));
      moved_.row(group[i].row) += way;
      if (!way.allFinite() || (way.array() == 0.0F).all())
        leave(group[i], never);
    }
  }

  const AttackedModel& model_;
  const Matrix& inputs_;
  double part_;
  const NextStep& next_;
  std::span<float> lengths_;
  Matrix moved_;   // `[B, P]`
  Matrix logits_;  // `[B, C]`: where rows are
  Index at_once_;
  std::vector<Walker> walkers_;  // those under way
};

}  // namespace

void walk(const AttackedModel& model, const Matrix& inputs,
          std::span<const std::size_t> rows, std::size_t max_iterations,
          double part, const NextStep& next, std::span<float> lengths) {
  Walk(model, inputs, rows, part, next, lengths).run(max_iterations);
}

void read_lengths(const PredictionBlock& block, std::string_view name,
                  std::span<double> out) {
  const ArrayView& lengths = block.input(name);
  for (std::size_t i = 0; i < block.rows; ++i)
    lengths.read_row(i, out.subspan(i, 1));
}

}  // namespace quarry::detail
