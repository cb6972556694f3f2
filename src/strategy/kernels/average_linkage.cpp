#include "quarry/strategy/kernels/average_linkage.hpp"

#include <algorithm>
#include <numeric>

namespace quarry::kernels {
namespace {

/// Two points whose clusters are merged, and at what distance.
struct Merge {
  double distance;
  std::size_t a;
  std::size_t b;
};

/// Clusters that grow until one is left. A cluster goes by one of its points.
class Tree {
 public:
  explicit Tree(PairDistances& distances)
      : distances_(distances), sizes_(distances.points(), 1.0) {
    alive_.resize(distances.points());
    std::iota(alive_.begin(), alive_.end(), std::size_t{0});
  }

  bool whole() const { return alive_.size() <= 1; }

  /// The next two clusters that are nearest to each other.
  Merge merge() {
    if (chain_.empty()) chain_.push_back(alive_.front());
    while (true) {
      const std::size_t end = chain_.back();
      const std::size_t before =
          chain_.size() > 1 ? chain_[chain_.size() - 2] : end;
      const std::size_t nearest = nearest_to(end, before);
      if (nearest == before) break;
      chain_.push_back(nearest);
    }
    const std::size_t a = chain_[chain_.size() - 1];
    const std::size_t b = chain_[chain_.size() - 2];
    chain_.resize(chain_.size() - 2);
    const double distance = distances_.at(a, b);
    join(std::min(a, b), std::max(a, b));
    return {distance, a, b};
  }

 private:
  /// Of those at the same distance the one before in the chain, so that it
  /// ends; then the first.
  std::size_t nearest_to(std::size_t cluster, std::size_t before) const {
    std::size_t nearest = before;
    double least = before == cluster ? std::numeric_limits<double>::infinity()
                                     : distances_.at(cluster, before);
    for (const std::size_t other : alive_) {
      if (other == cluster) continue;
      const double distance = distances_.at(cluster, other);
      if (distance < least || nearest == cluster) {
        least = distance;
        nearest = other;
      }
    }
    return nearest;
  }

  void join(std::size_t into, std::size_t gone) {
    alive_.erase(std::lower_bound(alive_.begin(), alive_.end(), gone));
    const double a = sizes_[into];
    const double b = sizes_[gone];
    for (const std::size_t other : alive_) {
      if (other == into) continue;
      double& distance = distances_.at(into, other);
      distance = (a * distance + b * distances_.at(gone, other)) / (a + b);
    }
    sizes_[into] = a + b;
  }

  PairDistances& distances_;
  std::vector<double> sizes_;
  std::vector<std::size_t> alive_;  // ascending
  std::vector<std::size_t> chain_;  // each the nearest to the one before
};

std::size_t root_of(std::vector<std::size_t>& parents, std::size_t point) {
  while (parents[point] != point) {
    point = parents[point] = parents[parents[point]];
  }
  return point;
}

}  // namespace

PairDistances::PairDistances(std::size_t points)
    : points_(points), values_(points == 0 ? 0 : points * (points - 1) / 2) {}

std::size_t PairDistances::bytes(std::size_t points) {
  return points == 0 ? 0 : points * (points - 1) / 2 * sizeof(double);
}

std::vector<std::size_t> average_linkage(
    PairDistances& distances, const Cut& cut,
    const std::function<bool(std::size_t)>& stop) {
  const std::size_t points = distances.points();
  std::vector<Merge> merges;
  for (Tree tree(distances); !tree.whole();) {
    if (stop(merges.size())) return {};
    merges.push_back(tree.merge());
  }
  // Chains come upon merges out of order.
  std::stable_sort(
      merges.begin(), merges.end(),
      [](const Merge& a, const Merge& b) { return a.distance < b.distance; });

  std::vector<std::size_t> parents(points);
  std::iota(parents.begin(), parents.end(), std::size_t{0});
  std::size_t clusters = points;
  for (const Merge& merge : merges) {
    if (clusters <= cut.clusters || merge.distance > cut.distance) break;
    const std::size_t a = root_of(parents, merge.a);
    const std::size_t b = root_of(parents, merge.b);
    parents[std::max(a, b)] = std::min(a, b);
    --clusters;
  }
  // Roots are the first points of their clusters.
  std::vector<std::size_t> numbers(points);
  std::size_t next = 0;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t root = root_of(parents, i);
    numbers[i] = root == i ? next++ : numbers[root];
  }
  return numbers;
}

}  // namespace quarry::kernels
