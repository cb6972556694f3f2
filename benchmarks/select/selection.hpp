#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/strategy/registry.hpp"

#include "cost.hpp"
#include "made_up.hpp"

/// A number that two orders of picks hardly share.
inline std::uint64_t fingerprint(const quarry::RankedPicks& picks) {
  std::uint64_t hash = 14695981039346656037U;
  for (const quarry::RankedPick& pick : picks) {
    hash = (hash ^ pick.index) * 1099511628211U;
  }
  return hash;
}

using Options = std::map<std::string, std::string>;
using MakeDevice =
    std::function<std::shared_ptr<quarry::SelectDevice>(const Options&)>;

/// One selection as the options of `quarry_select` say, and what it cost.
inline void measure(const Options& options,
                    const std::vector<std::string>& params,
                    std::shared_ptr<quarry::SelectDevice> device) {
  using namespace quarry;
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
  MadeUp made(rows, width, half, number("--passes", 10));
  const PoolView pool = made.pool(chosen.needs(), number("--labelled", 1000));
  SelectContext context{.threads = number("--threads", 2)};
  context.device = std::move(device);
  const std::string name = context.device ? context.device->name() : "none";

  RankedPicks picks;
  const Cost cost =
      cost_of([&] { picks = select_from(chosen, pool, budget, context); });
  std::cout << to_line(Json{{"contender", "quarry"},
                            {"strategy", strategy},
                            {"device", name},
                            {"picks", picks.size()},
                            {"fingerprint", fingerprint(picks)},
                            {"seconds", cost.seconds},
                            {"cpu_seconds", cost.cpu_seconds},
                            {"peak_kib", cost.peak_kib},
                            {"added_kib", cost.added_kib}})
            << '\n';
  if (!context.device) return;
  for (const std::string& note : context.device->take_notes()) {
    std::cerr << note << '\n';
  }
}

/// The program: reads options, makes the device that they name and measures.
inline int measure(int argc, char** argv, const MakeDevice& make_device) {
  try {
    Options options;
    std::vector<std::string> params;
    for (int i = 1; i + 1 < argc; i += 2) {
      if (std::string(argv[i]) == "--param") {
        params.emplace_back(argv[i + 1]);
      } else {
        options[argv[i]] = argv[i + 1];
      }
    }
    measure(options, params, make_device(options));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "quarry_select: " << error.what() << '\n';
    return 2;
  }
}
