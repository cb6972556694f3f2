// Selections that other people's code makes, index by index.

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quarry/core/json.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/strategy/registry.hpp"

#include "../goldens/choice_cases.hpp"
#include "catch.hpp"
#include "pools.hpp"

using namespace quarry;

namespace {

/// What the golden case calls a score, from ours: it keeps the costs of the
/// libraries that made it.
double as_golden(const std::string& strategy, double score) {
  if (strategy == "margin") return 1.0 - score;
  if (strategy == "ratio") return 1.0 / score;
  return score;
}

/// What we call an input that the golden case calls `name`.
std::string_view as_ours(std::string_view name) {
  if (name == "probs") return inputs::probabilities;
  if (name == "probs_mc") return inputs::passes;
  return name;
}

double number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  return value == "inf" ? HUGE_VAL : std::nan("");
}

bool close(double got, double want, const Json& tolerance) {
  if (std::isinf(want)) return got == want || std::isnan(got);
  if (std::isnan(want)) return std::isnan(got);
  return std::abs(got - want) <=
         tolerance["abs"].get<double>() +
             tolerance["rel"].get<double>() * std::abs(want);
}

void check(const std::filesystem::path& root, const std::string& id) {
  CAPTURE(id);
  const Json json = read_json(root / "cases" / id / "case.json");
  const std::string strategy = json["strategy"];
  const auto read = [&](const Json& path) {
    return read_npy(root / path.get<std::string>());
  };
  const Json& given = json["inputs"];
  std::vector<std::size_t> labelled;
  std::vector<std::int64_t> labels;
  std::vector<NpyArray> arrays;
  std::vector<NamedArray> named;
  std::size_t rows = 0;
  for (const auto& [name, path] : given.items()) {
    if (name == "labelled") {
      for (const std::int64_t row : read(path).as<std::int64_t>()) {
        labelled.push_back(static_cast<std::size_t>(row));
      }
      continue;
    }
    if (name == "labels") {
      labels = read(path).as<std::int64_t>();
      continue;
    }
    const std::string_view ours = as_ours(name);
    arrays.push_back(read(path));
    named.push_back({ours, arrays.back().view()});
    if (ours == inputs::passes) {
      rows = arrays.back().shape()[1];
    } else if (ours != name || ours == inputs::embeddings ||
               ours == inputs::similarity) {
      rows = arrays.back().shape()[0];
    }
  }
  const PoolView pool = test::pool_of(rows, named, labelled, 0, labels);
  StrategyParams params;
  for (const auto& [key, value] : json["params"].items()) {
    params.set(key,
               value.is_string() ? value.get<std::string>() : value.dump());
  }
  const auto budget = json["budget"].get<std::size_t>();
  const Json& expected = json["expected"];
  const auto want = expected["selection"].get<std::vector<std::size_t>>();

  for (const std::size_t threads : {1, 3}) {
    SelectContext context{.ties = Ties::index, .threads = threads};
    const auto picks =
        select_from(make_strategy(strategy, params), pool, budget, context);
    CHECK(test::rows_of(picks) == want);
    // The score of each pick, by the name that suits the strategy.
    for (const char* key : {"radii", "gains", "degrees", "values", "scores"}) {
      if (!expected.contains(key) || !expected[key].is_array()) continue;
      for (std::size_t i = 0; i < picks.size(); ++i) {
        CAPTURE(key, i);
        CHECK(close(picks[i].score, number(expected[key][i]),
                    expected["score_tolerance"]));
      }
    }
    if (expected.contains("greedy_values")) {  // sums of what picks add
      double sum = 0.0;
      for (std::size_t i = 0; i < picks.size(); ++i) {
        CAPTURE(i);
        CHECK(close(sum += picks[i].score, number(expected["greedy_values"][i]),
                    expected["score_tolerance"]));
      }
    }
    if (expected.contains("scores") && expected["scores"].is_string()) {
      const auto scores = read(expected["scores"]).as<double>();
      for (const RankedPick& pick : picks) {
        CAPTURE(pick.index);
        CHECK(close(as_golden(strategy, pick.score), scores[pick.index],
                    expected["score_tolerance"]));
      }
    }
  }
}

/// The folder of the cases; empty where there is none.
std::filesystem::path goldens() {
  const char* shared = std::getenv("QUARRY_SHARED");
  std::filesystem::path root =
      std::filesystem::path(shared != nullptr ? shared : "../shared") /
      "goldens";
  if (std::filesystem::exists(root / "index.json")) return root;
  // CTest takes it for skipped by the first word.
  WARN("skipped: no golden cases at " << root << ": set QUARRY_SHARED");
  return {};
}

Json case_of(const std::filesystem::path& root, const std::string& id) {
  return read_json(root / "cases" / id / "case.json");
}

}  // namespace

TEST_CASE("Weights and queries of Exp4.P equal those of libact",
          "[goldens][exp4p]") {
  const std::filesystem::path root = goldens();
  if (root.empty()) return;
  for (const char* id : {"exp4p_uniform", "exp4p_no_uniform"}) {
    const Json golden = case_of(root, id);
    const Json& expected = golden["expected"];
    const Json answer = test::exp4p_answer(golden, root);
    for (const char* name : {"weights", "query_probabilities"}) {
      const NpyArray want = read_npy(root / expected[name].get<std::string>());
      const Json got = answer[name].flatten();
      REQUIRE(got.size() == want.size());
      std::size_t i = 0;
      for (const double number : want.as<double>()) {
        CAPTURE(id, name, i);
        const std::size_t columns = want.shape()[1];
        CHECK(close(answer[name][i / columns][i % columns], number,
                    expected["score_tolerance"]));
        ++i;
      }
    }
  }
}

TEST_CASE("Learning curves equal those of SciPy", "[goldens][learning_curve]") {
  const std::filesystem::path root = goldens();
  if (root.empty()) return;
  for (const char* id :
       {"curve_exponential_clean", "curve_exponential_noisy", "curve_power"}) {
    CAPTURE(id);
    const Json golden = case_of(root, id);
    const Json& expected = golden["expected"];
    const Json answer = test::curve_answer(golden, root);
    CHECK(answer["sum_of_squares"].get<double>() <=
          expected["sum_of_squares"].get<double>() * (1 + 1e-9) + 1e-28);
    for (const char* name : {"A", "c", "k", "alpha"}) {
      if (!expected.contains(name)) continue;
      CAPTURE(name);
      CHECK(close(answer[name], expected[name], {{"abs", 0}, {"rel", 1e-4}}));
    }
    if (expected.contains("prediction_at")) {
      for (const auto& [labels, metric] : expected["prediction_at"].items()) {
        CHECK(close(answer["prediction_at"][labels], metric,
                    {{"abs", 1e-6}, {"rel", 0}}));
      }
    }
    if (expected.contains("aubc")) {
      CHECK(close(answer["aubc"], expected["aubc"],
                  {{"abs", 1e-12}, {"rel", 0}}));
    }
  }
}

TEST_CASE("Selections equal those of other libraries, index by index",
          "[goldens]") {
  const std::filesystem::path root = goldens();
  if (root.empty()) return;
  std::set<std::string> names;
  for (const StrategyInfo& info : strategies()) names.insert(info.name);
  std::map<std::string, int> checked;
  const Json index = read_json(root / "index.json");
  for (const Json& entry : index.is_array() ? index : index["cases"]) {
    if (entry["kind"] != "select" || !names.contains(entry["strategy"])) {
      continue;
    }
    check(root, entry["id"]);
    ++checked[entry["strategy"]];
  }
  for (const char* name :
       {"least_confidence", "margin", "ratio", "entropy", "k_center"}) {
    CAPTURE(name);
    CHECK(checked[name] >= 5);
  }
  for (const char* name : {"mc_entropy",
                           "consensus_entropy",
                           "variation_ratio",
                           "mean_std",
                           "bald",
                           "vote_entropy",
                           "max_disagreement",
                           "kl_qbc",
                           "expected_cost",
                           "epig",
                           "power_bald",
                           "softmax_bald",
                           "softrank_bald",
                           "facility_location",
                           "graph_cut",
                           "log_det",
                           "disparity_min",
                           "disparity_sum",
                           "batch_bald",
                           "egl",
                           "cal",
                           "cdal",
                           "falcun",
                           "cluster_margin",
                           "gsy",
                           "igs",
                           "bait",
                           "k_means",
                           "lightweight_coreset",
                           "dbal",
                           "clue",
                           "gsx",
                           "typiclust",
                           "badge",
                           "information_density",
                           "graph_density",
                           "max_herding",
                           "uncertainty_herding",
                           "prob_cover",
                           "dcom",
                           "fass",
                           "ranked_batch",
                           "core_set",
                           "alfa_mix",
                           "drop_query"}) {
    CAPTURE(name);
    CHECK(checked[name] >= 1);
  }
}
