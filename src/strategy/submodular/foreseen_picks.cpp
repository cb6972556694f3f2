#include "quarry/strategy/detail/foreseen_picks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/rounded.hpp"

#include "strategy/kernels/bounds.hpp"
#include "strategy/submodular/bounds_of_rows.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t sampled = 256;  // columns
constexpr std::size_t at_once = 96;
constexpr std::size_t most_picks = 24;

class Foresight {
 public:
  Foresight(const Similarity& similarity, std::vector<float> floors,
            std::span<const float> weights, std::size_t threads)
      : similarity_(similarity),
        weights_(weights),
        threads_(threads),
        floors_(std::move(floors)),
        gains_(similarity.size()) {
    std::vector<std::size_t> rows;
    for (std::size_t s = 0; s < sampled; ++s) {
      columns_.push_back(s * similarity.size() / sampled);
      rows.push_back(similarity.ground()[columns_.back()]);
    }
    sample_ = bounds_of(rows);
    // A row of the sample must not gain by being like itself, as others do not.
    for (std::size_t s = 0; s < sampled; ++s) {
      const std::size_t self = columns_[s];
      float next = 0.0F;
      for (std::size_t t = 0; t < sampled; ++t) {
        if (t != s) next = std::max(next, sample(t)[self]);
      }
      sample_[s * floors_.size() + self] = next;
    }
    nearest_.reserve(gains_.size());
    for (std::size_t i = 0; i < gains_.size(); ++i) {
      std::size_t nearest = 0;
      for (std::size_t s = 1; s < sampled; ++s) {
        if (sample(s)[i] > sample(nearest)[i]) nearest = s;
      }
      nearest_.push_back(nearest);
    }
  }

  const std::vector<float>& floors() const { return floors_; }

  /// How many rows of V a row is more like than what covers them, on average.
  double mean_uncovered() const {
    std::size_t count = 0;
    for (std::size_t s = 0; s < sampled; ++s) {
      const float floor = floors_[columns_[s]];
      count += static_cast<std::size_t>(std::ranges::count_if(
          sample(s), [&](float bound) { return bound > floor; }));
    }
    return static_cast<double>(count) / sampled;
  }

  /// The place of a row with the largest gain, most likely, which covers from
  /// now on.
  std::size_t next() {
    std::ranges::fill(gains_, 0.0F);
    for (std::size_t s = 0; s < sampled; ++s) {
      const float floor = floors_[columns_[s]];
      const float weight = weights_.empty() ? 1.0F : weights_[columns_[s]];
      const std::span<const float> bounds = sample(s);
      for (std::size_t i = 0; i < bounds.size(); ++i) {
        gains_[i] += weight * std::max(bounds[i] - floor, 0.0F);
      }
    }
    // How many rows of a cluster are in the sample says little of what a row of
    // it gains: one row near each of the sample tells by how much that is off.
    const std::vector<std::size_t> nearby = best_near_each();
    const std::vector<double> known = gains_of(nearby);
    std::vector<double> off(sampled, 0.0);
    const double scale = static_cast<double>(gains_.size()) / sampled;
    for (std::size_t k = 0; k < nearby.size(); ++k) {
      off[nearest_[nearby[k]]] = known[k] - scale * gains_[nearby[k]];
    }
    for (std::size_t i = 0; i < gains_.size(); ++i) {
      const double gain = scale * gains_[i] + off[nearest_[i]];
      // Similarities may be as large as doubles are.
      gains_[i] = std::isfinite(gain) ? static_cast<float>(gain) : 0.0F;
    }
    const std::vector<std::size_t> best = largest();
    const std::vector<double> exact = gains_of(best);
    const std::size_t place = best[static_cast<std::size_t>(
        std::ranges::max_element(exact) - exact.begin())];
    cover(place);
    return place;
  }

 private:
  std::span<const float> sample(std::size_t s) const {
    return std::span(sample_).subspan(s * floors_.size(), floors_.size());
  }

  /// `[rows, |V|]`
  std::vector<float> bounds_of(std::span<const std::size_t> rows) const {
    std::vector<float> all(rows.size() * similarity_.size());
    bounds_of_rows(similarity_, rows, threads_, all);
    return all;
  }

  /// Of the rows that are most like the same row of the sample, the place of
  /// the one whose gain is largest by the sample.
  std::vector<std::size_t> best_near_each() const {
    std::vector<std::size_t> places(sampled, gains_.size());
    for (std::size_t i = 0; i < gains_.size(); ++i) {
      std::size_t& place = places[nearest_[i]];
      if (place == gains_.size() || gains_[i] > gains_[place]) place = i;
    }
    std::erase(places, gains_.size());
    return places;
  }

  /// The places of the largest gains, as far as they are known.
  std::vector<std::size_t> largest() const {
    std::vector<std::size_t> places(gains_.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto end = places.begin() + at_once;
    std::nth_element(
        places.begin(), end, places.end(),
        [&](std::size_t a, std::size_t b) { return gains_[a] > gains_[b]; });
    places.erase(end, places.end());
    return places;
  }

  std::vector<double> gains_of(std::span<const std::size_t> places) const {
    const std::size_t ground = similarity_.size();
    std::vector<double> gains(places.size());
    for (std::size_t first = 0; first < places.size(); first += at_once) {
      const auto here =
          places.subspan(first, std::min(at_once, places.size() - first));
      std::vector<std::size_t> rows;
      for (const std::size_t place : here)
        rows.push_back(similarity_.ground()[place]);
      const std::vector<float> bounds = bounds_of(rows);
      parallel_blocks(
          here.size(), 1, threads_worth(threads_, here.size() * ground),
          [&](std::size_t i, std::size_t) {
            gains[first + i] =
                kernels::sum_above(bounds.data() + i * ground, floors_.data(),
                                   weights_.empty() ? nullptr : weights_.data(),
                                   ground)
                    .sum;
          });
    }
    return gains;
  }

  void cover(std::size_t place) {
    const std::vector<double> values =
        similarity_.row(similarity_.ground()[place], threads_);
    for (std::size_t j = 0; j < values.size(); ++j) {
      floors_[j] = std::max(floors_[j], rounded_down(values[j]));
    }
  }

  const Similarity& similarity_;
  std::span<const float> weights_;
  std::size_t threads_;
  std::vector<float> floors_;         // [|V|]: how much is covered, at least
  std::vector<float> gains_;          // [|V|], by the sample
  std::vector<std::size_t> columns_;  // [sampled], places
  std::vector<std::size_t> nearest_;  // [|V|], of the sample
  std::vector<float> sample_;         // [sampled, |V|]
};

}  // namespace

std::size_t ForeseenPicks::bytes(std::size_t rows) {
  return rows * ((sampled + at_once + most_picks + 2) * sizeof(float) +
                 (most_picks + 2) * sizeof(double));
}

ForeseenPicks::ForeseenPicks(const Similarity& similarity,
                             std::vector<float> floors,
                             std::span<const float> weights, std::size_t few,
                             std::size_t threads) {
  Foresight foresight(similarity, std::move(floors), weights, threads);
  const auto enough = static_cast<double>(few);
  // A guess takes the similarities of some rows with all of V.
  const std::size_t most =
      std::min(most_picks, similarity.size() / (2 * (sampled + at_once + 1)));
  double left = foresight.mean_uncovered();
  while (left > enough && places_.size() < most) {
    places_.push_back(foresight.next());
    floors_.push_back(foresight.floors());
    left = foresight.mean_uncovered();
    // In a pool without clusters it falls as 1 / picks.
    const auto picks = static_cast<double>(places_.size() + 1);
    if (left * picks > 2 * enough * static_cast<double>(most)) break;
  }
  if (left > enough) {
    places_.clear();
    floors_.clear();
  }
  bounds_.assign(similarity.size() * size(), -1.0);
}

}  // namespace quarry::detail
