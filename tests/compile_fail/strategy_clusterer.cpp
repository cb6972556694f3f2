// expect: KMeans: the clusterer must model quarry::Clusterer, which has cluster\(task\) const.*bytes\(rows, k, width, threads\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

struct NoBytes {
  quarry::kernels::Clusters cluster(const quarry::ClusterTask&) const {
    return {};
  }
};

quarry::KMeans<NoBytes> strategy;
