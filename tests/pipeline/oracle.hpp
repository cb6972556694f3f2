#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"

#include "fakes.hpp"

namespace quarry::test {

/// What a run must give, computed sample by sample with one loop and formulas
/// of its own: no batches, no threads, nothing shared with the pipeline but the
/// decoder and the model.
struct Oracle {
  explicit Oracle(const MemorySource& a_pool, std::uint64_t a_seed = 0)
      : pool(a_pool), seed(a_seed) {
    ToyModel model = toy_model();
    for (std::size_t i = 0; i < pool.size(); ++i) {
      std::vector<std::byte> row(toy_bytes);
      toy_decoder().decode(*pool.read(i), row).value();
      const Predictions p =
          model.infer({.bytes = row, .rows = 1, .spec = toy_spec});
      probabilities.emplace_back(p.probabilities.data(),
                                 p.probabilities.data() + toy_classes);
      embeddings.emplace_back(p.embeddings.data(),
                              p.embeddings.data() + toy_features);
      keys.push_back(seeded_hash(seed, pool.sample(i).id));
    }
  }

  using Scored = std::pair<std::size_t, double>;

  /// The rows that may be picked, best first.
  std::vector<Scored> ranked(const std::function<double(std::size_t)>& score,
                             const std::set<std::size_t>& out = {}) const {
    std::vector<Scored> rows;
    for (std::size_t i = 0; i < pool.size(); ++i) {
      if (out.count(i) == 0) rows.emplace_back(i, score(i));
    }
    std::sort(rows.begin(), rows.end(), [&](const Scored& a, const Scored& b) {
      if (a.second != b.second) return a.second > b.second;
      if (keys[a.first] != keys[b.first]) return keys[a.first] < keys[b.first];
      return a.first < b.first;
    });
    return rows;
  }

  double margin(std::size_t i) const {
    std::vector<double> p(probabilities[i].begin(), probabilities[i].end());
    std::sort(p.rbegin(), p.rend());
    return 1.0 - (p[0] - p[1]);
  }
  double ratio(std::size_t i) const {
    std::vector<double> p(probabilities[i].begin(), probabilities[i].end());
    std::sort(p.rbegin(), p.rend());
    return p[1] / p[0];
  }
  double least_confidence(std::size_t i) const {
    return 1.0 -
           *std::max_element(probabilities[i].begin(), probabilities[i].end());
  }
  double entropy(std::size_t i) const {
    double sum = 0.0;
    for (const double p : probabilities[i]) sum -= p * std::log(p);
    return sum;
  }
  double random(std::size_t i) const { return RandomStream(keys[i]).uniform(); }

  double distance(std::size_t a, std::size_t b) const {
    double sum = 0.0;
    for (std::size_t d = 0; d < toy_features; ++d) {
      const double difference = double{embeddings[a][d]} - embeddings[b][d];
      sum += difference * difference;
    }
    return std::sqrt(sum);
  }

  /// Greedy cover: all distances anew for every pick.
  std::vector<Scored> k_center(std::size_t budget,
                               const std::set<std::size_t>& labelled,
                               const std::set<std::size_t>& failed = {}) const {
    std::set<std::size_t> centres = labelled;
    for (const std::size_t i : failed) centres.erase(i);
    std::vector<Scored> picks;
    while (picks.size() < budget) {
      std::set<std::size_t> out = centres;
      out.insert(labelled.begin(), labelled.end());
      out.insert(failed.begin(), failed.end());
      const auto order = ranked(
          [&](std::size_t i) {
            double nearest = std::numeric_limits<double>::infinity();
            for (const std::size_t c : centres) {
              nearest = std::min(nearest, distance(i, c));
            }
            return nearest;
          },
          out);
      if (order.empty()) break;
      picks.push_back(order.front());
      centres.insert(order.front().first);
    }
    return picks;
  }

  std::int32_t predicted(std::size_t i) const {
    const auto& p = probabilities[i];
    return static_cast<std::int32_t>(std::max_element(p.begin(), p.end()) -
                                     p.begin());
  }

  MemorySource pool;
  std::uint64_t seed;
  std::vector<std::vector<float>> probabilities;
  std::vector<std::vector<float>> embeddings;
  std::vector<std::uint64_t> keys;
};

}  // namespace quarry::test
