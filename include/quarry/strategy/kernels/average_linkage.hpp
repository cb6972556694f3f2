#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace quarry::kernels {

/// Distances between n points, each pair once: n (n − 1) / 2 numbers.
class PairDistances {
 public:
  explicit PairDistances(std::size_t points);

  std::size_t points() const noexcept { return points_; }
  /// Expects i ≠ j.
  double& at(std::size_t i, std::size_t j) { return values_[place(i, j)]; }
  double at(std::size_t i, std::size_t j) const { return values_[place(i, j)]; }

  /// Bytes that distances between so many points take.
  static std::size_t bytes(std::size_t points);

 private:
  std::size_t place(std::size_t i, std::size_t j) const {
    const std::size_t low = i < j ? i : j;
    const std::size_t high = i < j ? j : i;
    return high * (high - 1) / 2 + low;
  }

  std::size_t points_;
  std::vector<double> values_;
};

/// Where to cut a tree of clusters.
struct Cut {
  /// Clusters are merged while their distance is at most this.
  double distance = std::numeric_limits<double>::infinity();
  /// And while there are more clusters than this.
  std::size_t clusters = 1;
};

/// Hierarchical clustering by average linkage: the distance of two clusters is
/// the mean of those between their points (UPGMA), and the two that are closest
/// are merged first. The cluster of each point, numbered from 0 in the order of
/// their first points.
///
/// `stop` is asked once a merge, with how many there were; when it says true,
/// nothing is returned. O(n²) by chains of nearest neighbours; overwrites the
/// distances. Of equal ones the points that come first are merged.
///
/// R. Sokal & C. Michener, "A Statistical Method for Evaluating Systematic
/// Relationships", University of Kansas Science Bulletin 1958; F. Murtagh, "A
/// Survey of Recent Advances in Hierarchical Clustering Algorithms", The
/// Computer Journal 1983.
std::vector<std::size_t> average_linkage(
    PairDistances& distances, const Cut& cut,
    const std::function<bool(std::size_t)>& stop);

}  // namespace quarry::kernels
