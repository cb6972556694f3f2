// One selection by name from a pool that is made up.
//
//   quarry_select --strategy k_center [--rows 40000] [--budget 10000]
//                 [--width 512] [--labelled 1000] [--threads 2] [--dtype f4]
//                 [--param key=value]

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/strategy/registry.hpp"

#include "cost.hpp"
#include "made_up.hpp"

namespace {

using namespace quarry;

int measure(const std::map<std::string, std::string>& options,
            const std::vector<std::string>& params) {
  const auto number = [&](const char* name, std::size_t fallback) {
    const auto found = options.find(name);
    return found == options.end() ? fallback : std::stoul(found->second);
  };
  const std::size_t rows = number("--rows", 40'000);
  const std::size_t width = number("--width", 512);
  const std::size_t budget = number("--budget", 10'000);
  const bool half =
      options.contains("--dtype") && options.at("--dtype") == "f2";
  const std::string strategy = options.at("--strategy");
  const AnyStrategy chosen =
      make_strategy(strategy, StrategyParams::parse(params));
  MadeUp made(rows, width, half);
  const PoolView pool = made.pool(chosen.needs(), number("--labelled", 1000));
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
