#include "quarry/testing/check_clusterer.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "quarry/strategy.hpp"

#include "broken_law.hpp"
#include "catch.hpp"

using namespace quarry;
using test::broken;
using testing::check_clusterer;

namespace {

/// The first k rows, and each row is of the cluster of its place modulo k;
/// then `Change` does what it likes.
template <class Change>
struct FirstRows {
  kernels::Clusters cluster(const ClusterTask& task) const {
    kernels::Clusters found{.centroids =
                                RowMatrix<double>(task.k, task.rows.width())};
    for (std::size_t c = 0; c < task.k; ++c) {
      task.rows.read(
          c, std::span(found.centroids.row(c).data(), task.rows.width()));
    }
    for (std::size_t i = 0; i < task.rows.size(); ++i) {
      found.which.push_back(static_cast<std::uint32_t>(i % task.k));
    }
    Change()(task, found);
    return found;
  }
  std::size_t bytes(std::size_t rows, std::size_t k, std::size_t width,
                    std::size_t) const {
    return rows * sizeof(std::uint32_t) + k * width * sizeof(double);
  }
};

struct Nothing {
  void operator()(const ClusterTask&, kernels::Clusters&) const {}
};
struct OneTooFew {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    found.centroids.conservativeResize(static_cast<Eigen::Index>(task.k) - 1,
                                       Eigen::NoChange);
  }
};
struct NoSuchCluster {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    found.which.back() = static_cast<std::uint32_t>(task.k);
  }
};
struct NoNumbers {
  void operator()(const ClusterTask&, kernels::Clusters& found) const {
    found.which.clear();
  }
};
struct ByThreads {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    found.centroids(0, 0) += static_cast<double>(task.context.threads) - 1.0;
  }
};
struct ByRoom {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    if (task.room > 0) found.centroids(0, 0) += 1.0;
  }
};
struct OwnRandom {
  void operator()(const ClusterTask&, kernels::Clusters& found) const {
    static double calls = 0.0;
    found.centroids(0, 0) += ++calls;
  }
};
/// A mean over weights that sum to nothing.
struct NotFinite {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    double sum = task.weights.empty() ? 1.0 : 0.0;
    for (const double weight : task.weights) sum += weight;
    found.centroids(0, 0) /= sum;
  }
};
struct WithoutWeights {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    if (task.weights.empty()) found.centroids(0, 0) += 1.0;
  }
};
/// What it had when it was stopped, for what it was to find.
struct StoppedUnsaid {
  void operator()(const ClusterTask& task, kernels::Clusters& found) const {
    if (task.go_on() == Flow::stop) found.centroids(0, 0) += 1.0;
  }
};
struct NeverComplete {
  void operator()(const ClusterTask&, kernels::Clusters& found) const {
    found.complete = false;
  }
};
struct Throws {
  void operator()(const ClusterTask&, kernels::Clusters&) const {
    throw std::runtime_error("no such clusters");
  }
};

static_assert(Clusterer<FirstRows<Nothing>>);

}  // namespace

TEST_CASE("Quarry's own clusterer obeys the laws", "[check_clusterer]") {
  CHECK(check_clusterer(WeightedKMeans()).text() == "");
  CHECK(check_clusterer(WeightedKMeans{{.max_iterations = 1}},
                        {.seed = 5, .rows = 2})
            .text() == "");
  CHECK(check_clusterer(FirstRows<Nothing>()).text() == "");
}

TEST_CASE("Every broken law of clusterers is found", "[check_clusterer]") {
  CHECK(broken(check_clusterer(FirstRows<OneTooFew>()), "[k, D]"));
  CHECK(broken(check_clusterer(FirstRows<NoSuchCluster>()), "below k"));
  CHECK(broken(check_clusterer(FirstRows<NoNumbers>()), "below k"));
  CHECK(broken(check_clusterer(FirstRows<ByThreads>()), "number of threads"));
  CHECK(broken(check_clusterer(FirstRows<ByRoom>()), "room"));
  CHECK(broken(check_clusterer(FirstRows<OwnRandom>()), "random stream"));
  CHECK(broken(check_clusterer(FirstRows<NotFinite>()), "finite"));
  CHECK(broken(check_clusterer(FirstRows<WithoutWeights>()), "weights of 1"));
  CHECK(broken(check_clusterer(FirstRows<StoppedUnsaid>()), "asked to stop"));
  CHECK(broken(check_clusterer(FirstRows<NeverComplete>()), "it is complete"));
  CHECK(broken(check_clusterer(FirstRows<Throws>()), "no such clusters"));
}
