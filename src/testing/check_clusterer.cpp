#include "quarry/testing/check_clusterer.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/random.hpp"

#include "testing/policy_rows.hpp"
#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

using kernels::Clusters;

bool same(const Clusters& a, const Clusters& b) {
  return a.which == b.which && a.centroids.rows() == b.centroids.rows() &&
         a.centroids.cols() == b.centroids.cols() && a.centroids == b.centroids;
}

/// What a clusterer is asked for, besides the rows.
struct ClusterAsk {
  std::size_t k = 1;
  std::vector<double> weights = {};
  std::size_t threads = 1;
  std::size_t room = 0;
  const char* stream = "clusters";
  // The call of `go_on` that says stop.
  std::size_t stop_at = std::numeric_limits<std::size_t>::max();
};

class ClustererChecker {
 public:
  ClustererChecker(const std::function<Clusters(const ClusterTask&)>& cluster,
                   std::uint64_t seed, Violations& violations)
      : cluster_(cluster), seed_(seed), violations_(violations) {}

  void check(const PolicyRows& set, bool floats, bool unit) {
    const RowMatrix<float> as_floats = set.rows.cast<float>();
    const auto count = static_cast<std::size_t>(set.rows.rows());
    const auto width = static_cast<std::size_t>(set.rows.cols());
    const ArrayView array = floats ? ArrayView(as_floats.data(), {count, width})
                                   : ArrayView(set.rows.data(), {count, width});
    std::vector<std::size_t> candidates(count);
    std::iota(candidates.begin(), candidates.end(), std::size_t{0});
    const PoolView pool({.rows = count,
                         .inputs = {{inputs::embeddings, array}},
                         .candidates = candidates,
                         .keys = row_keys(count, seed_)});
    const kernels::RowSet rows(array);
    const kernels::RowSet read = unit ? rows.normalised() : rows;
    for (const std::size_t k :
         std::set<std::size_t>{1, 2, (count + 2) / 3, count}) {
      check_one(set.name + (floats ? ", f4" : ", f8") +
                    (unit ? ", of length 1" : "") + ", k=" + std::to_string(k),
                pool, read, k);
    }
  }

  /// Of all that was seen: what is drawn by weights may be drawn otherwise.
  void check_weights() {
    for (const std::string& where : by_weights_) {
      if (!draws_) violations_.add("no weights are weights of 1", where);
    }
  }

 private:
  Clusters find(const PoolView& pool, const kernels::RowSet& rows,
                const ClusterAsk& ask) {
    SelectContext context;
    context.random = RandomStream(seed_).derive(ask.stream);
    context.threads = ask.threads;
    calls_ = 0;
    const std::function<Flow()> go_on = [&] {
      return calls_++ >= ask.stop_at ? Flow::stop : Flow::go_on;
    };
    return cluster_({.rows = rows,
                     .weights = ask.weights,
                     .k = ask.k,
                     .pool = pool,
                     .context = context,
                     .go_on = go_on,
                     .room = ask.room});
  }

  void check_one(const std::string& where, const PoolView& pool,
                 const kernels::RowSet& rows, std::size_t k) {
    const ClusterAsk plain{.k = k};
    const Clusters found = find(pool, rows, plain);
    const std::size_t calls = calls_;
    if (!check_lawful(where, rows, k, found)) return;
    const auto expect_same = [&](const char* law, const ClusterAsk& ask) {
      if (!same(found, find(pool, rows, ask))) violations_.add(law, where);
    };
    expect_same("the same random stream gives the same clusters", plain);
    for (const std::size_t threads : {2, 7}) {
      expect_same("the same with any number of threads",
                  {.k = k, .threads = threads});
    }
    expect_same("room changes no cluster",
                {.k = k, .room = std::size_t{1} << 30});
    draws_ |= !same(found, find(pool, rows, {.k = k, .stream = "others"}));
    const std::vector<double> ones(rows.size(), 1.0);
    if (!same(found, find(pool, rows, {.k = k, .weights = ones}))) {
      by_weights_.push_back(where);
    }
    for (const bool some : {true, false}) {
      ClusterAsk ask{.k = k, .weights = std::vector<double>(rows.size(), 0.0)};
      for (std::size_t i = 0; some && i < rows.size(); i += 3) {
        ask.weights[i] = 0.5 + static_cast<double>(i);
      }
      check_lawful(where + (some ? ", some weights of 0" : ", weights of 0"),
                   rows, k, find(pool, rows, ask));
    }
    for (const std::size_t at : std::set<std::size_t>{0, calls / 2}) {
      const Clusters stopped = find(pool, rows, {.k = k, .stop_at = at});
      if (stopped.complete && !same(found, stopped)) {
        violations_.add("asked to stop, it says that it is not complete",
                        where);
      }
    }
  }

  bool check_lawful(const std::string& where, const kernels::RowSet& rows,
                    std::size_t k, const Clusters& found) {
    const auto centroids = static_cast<std::size_t>(found.centroids.rows());
    const auto width = static_cast<std::size_t>(found.centroids.cols());
    if (!found.complete) {
      violations_.add("nobody asked it to stop: it is complete", where);
      return false;
    }
    if (centroids != k || width != rows.width()) {
      violations_.add(
          "centroids are [k, D]",
          '[' + std::to_string(centroids) + ", " + std::to_string(width) +
              "], D=" + std::to_string(rows.width()) + ", " + where);
      return false;
    }
    if (!found.centroids.allFinite()) {
      violations_.add("centroids are finite", where);
      return false;
    }
    if (found.which.size() != rows.size() ||
        std::any_of(found.which.begin(), found.which.end(),
                    [&](std::uint32_t number) { return number >= k; })) {
      violations_.add("each row has a cluster below k", where);
      return false;
    }
    return true;
  }

  const std::function<Clusters(const ClusterTask&)>& cluster_;
  std::uint64_t seed_;
  Violations& violations_;
  bool draws_ = false;                   // another stream, other clusters
  std::vector<std::string> by_weights_;  // where weights of 1 change clusters
  std::atomic<std::size_t> calls_ = 0;   // of `go_on`, from any thread
};

}  // namespace

LawReport detail::check_clusterer(
    const std::function<Clusters(const ClusterTask&)>& cluster,
    const CheckClustererOptions& options) {
  QUARRY_EXPECTS(options.rows >= 2, "check_clusterer: at least two rows");
  Violations violations;
  try {
    ClustererChecker checker(cluster, options.seed, violations);
    for (const PolicyRows& set : policy_rows(options.seed, options.rows)) {
      checker.check(set, false, false);
      checker.check(set, true, true);
    }
    checker.check_weights();
  } catch (const std::exception& error) {
    violations.add("it throws nothing", error.what());
  }
  return violations.report();
}

}  // namespace quarry::testing
