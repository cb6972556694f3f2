// One selection by name from a pool that is made up: ten Gaussian classes, and
// the probabilities of a classifier that knows their means.
//
//   quarry_select --strategy k_center [--rows 40000] [--budget 10000]
//                 [--width 512] [--labelled 1000] [--threads 2] [--dtype f4]
//                 [--param key=value]

#include <cmath>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/row_states.hpp"

#include "cost.hpp"

namespace {

using namespace quarry;

constexpr std::size_t classes = 10;

struct Arrays {
  std::vector<float> embeddings;     // [N, D]
  std::vector<Half> halves;          // the same
  std::vector<float> probabilities;  // [N, C]
};

Arrays make(std::size_t rows, std::size_t width) {
  RandomStream random(1);
  std::vector<float> means(classes * width);
  for (float& mean : means) mean = static_cast<float>(random.normal());
  Arrays arrays;
  arrays.embeddings.resize(rows * width);
  for (std::size_t i = 0; i < rows; ++i) {
    const float* const mean = means.data() + random.below(classes) * width;
    float* const h = arrays.embeddings.data() + i * width;
    for (std::size_t k = 0; k < width; ++k) {
      h[k] = mean[k] + static_cast<float>(random.normal());
    }
    double sum = 0.0;
    std::vector<double> p(classes);
    for (double& x : p) sum += x = std::exp(2.0 * random.normal());
    for (const double x : p) {
      arrays.probabilities.push_back(static_cast<float>(x / sum));
    }
  }
  for (const float x : arrays.embeddings) arrays.halves.emplace_back(x);
  return arrays;
}

int measure(const std::map<std::string, std::string>& options,
            const std::vector<std::string>& params) {
  const auto number = [&](const char* name, std::size_t fallback) {
    const auto found = options.find(name);
    return found == options.end() ? fallback : std::stoul(found->second);
  };
  const std::size_t rows = number("--rows", 40'000);
  const std::size_t width = number("--width", 512);
  const std::size_t budget = number("--budget", 10'000);
  const Arrays arrays = make(rows, width);
  const bool half =
      options.contains("--dtype") && options.at("--dtype") == "f2";
  PoolView::Parts parts;
  parts.rows = rows;
  parts.inputs = {{inputs::embeddings,
                   half ? ArrayView(arrays.halves.data(), {rows, width})
                        : ArrayView(arrays.embeddings.data(), {rows, width})},
                  {inputs::probabilities,
                   ArrayView(arrays.probabilities.data(), {rows, classes})}};
  for (std::size_t i = 0; i < number("--labelled", 1000); ++i) {
    parts.labelled.push_back(i);
  }
  parts.candidates = RowStates(rows).candidates(parts.labelled);
  parts.keys = row_keys(rows, 0);
  const PoolView pool(std::move(parts));
  const std::string strategy = options.at("--strategy");
  const AnyStrategy chosen =
      make_strategy(strategy, StrategyParams::parse(params));
  SelectContext context{.threads = number("--threads", 2)};

  RankedPicks picks;
  const Cost cost =
      cost_of([&] { picks = select_from(chosen, pool, budget, context); });
  std::cout << to_line(Json{{"contender", "quarry"},
                            {"strategy", strategy},
                            {"picks", picks.size()},
                            {"seconds", cost.seconds},
                            {"cpu_seconds", cost.cpu_seconds},
                            {"peak_kib", cost.peak_kib},
                            {"added_kib", cost.added_kib}})
            << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::map<std::string, std::string> options;
    std::vector<std::string> params;
    for (int i = 1; i + 1 < argc; i += 2) {
      if (std::string(argv[i]) == "--param") {
        params.emplace_back(argv[i + 1]);
      } else {
        options[argv[i]] = argv[i + 1];
      }
    }
    return measure(options, params);
  } catch (const std::exception& error) {
    std::cerr << "quarry_select: " << error.what() << '\n';
    return 2;
  }
}
