#pragma once

// Golden cases of choices among strategies: what they expect, computed.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/strategy/choice/exp4p.hpp"
#include "quarry/strategy/choice/learning_curve.hpp"

namespace quarry::test {

/// An input of a case, whose paths are relative to `root`.
inline NpyArray input_of(const Json& golden, const std::filesystem::path& root,
                         const char* name) {
  return read_npy(root / golden["inputs"][name].get<std::string>());
}

/// The script of a case, row by row: q before each reward, w after it.
inline Json exp4p_answer(const Json& golden,
                         const std::filesystem::path& root = "") {
  const NpyArray table = input_of(golden, root, "picks");
  const auto picks = table.as<std::int64_t>();
  const auto asked = input_of(golden, root, "asked").as<std::int64_t>();
  const auto rewards = input_of(golden, root, "rewards").as<double>();
  const Json& params = golden["params"];
  const bool uniform = params["uniform_sampler"];
  const std::size_t rows = params["n_unlabelled"];
  const std::size_t strategies = table.shape()[1];
  Exp4POptions options{.horizon = params["T"], .delta = params["delta"]};
  if (!params["pmin_is_default"]) options.pmin = params["pmin"].get<double>();
  Exp4P bandit(strategies + (uniform ? 1 : 0), options);
  Json weights = Json::array();
  Json queries = Json::array();
  for (std::size_t t = 0; t < rewards.size(); ++t) {
    std::vector<Advice> advice;
    std::vector<double> advised;
    for (std::size_t k = 0; k < strategies; ++k) {
      const std::int64_t pick = picks[t * strategies + k];
      advice.push_back(Advice::of({static_cast<std::size_t>(pick)}));
      advised.push_back(pick == asked[t] ? 1.0 : 0.0);
    }
    if (uniform) {
      advice.push_back(Advice::uniform(rows));
      advised.push_back(1.0 / static_cast<double>(rows));
    }
    queries.push_back(bandit.query(advice, rows));
    bandit.update(rewards[t], advised);
    weights.push_back(bandit.weights());
  }
  return {{"weights", weights}, {"query_probabilities", queries}};
}

/// The fitted curve, its value at twice the labels of the last point, and the
/// area under the points.
inline Json curve_answer(const Json& golden,
                         const std::filesystem::path& root = "") {
  const auto labels = input_of(golden, root, "n").as<double>();
  const auto metrics = input_of(golden, root, "accuracy").as<double>();
  std::vector<CurvePoint> points;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    points.push_back({labels[i], metrics[i]});
  }
  const Json& bounds = golden["params"]["bounds"];
  const bool power = bounds.contains("alpha");
  const char* rate = power ? "alpha" : "k";
  const auto bound = [&](const char* name) {
    return CurveBounds{bounds[name][0], bounds[name][1]};
  };
  const auto curve = LearningCurve::fit(
      points, {.shape = power ? CurveShape::power : CurveShape::exponential,
               .limit = bound("A"),
               .scale = bound("c"),
               .rate = bound(rate)});
  if (curve.verdict() != CurveVerdict::identified) return nullptr;
  const double next = 2.0 * labels.back();
  return {{"A", *curve.limit()},
          {"c", *curve.scale()},
          {rate, *curve.rate()},
          {"sum_of_squares", *curve.sum_of_squares()},
          {"prediction_at",
           {{std::to_string(static_cast<int>(next)),
             curve.forecast(next)->metric}}},
          {"aubc", area_under_curve(points)}};
}

}  // namespace quarry::test
