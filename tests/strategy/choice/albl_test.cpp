#include "quarry/strategy/choice/albl.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "quarry/core/random.hpp"

#include "../chi_square.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Rows = std::vector<std::size_t>;

/// The page as written: every draw is kept, and nothing is summed before it is
/// needed.
struct Oracle {
  struct Draw {
    std::size_t row;
    double q;
  };
  std::size_t rows;
  double horizon;
  Exp4P bandit;
  std::vector<Draw> draws = {};
  std::vector<std::vector<double>> advised = {};  // of the last draws

  Rows ask(std::vector<Advice> advice, std::size_t budget, Rows labelled,
           const std::function<double()>& uniform) {
    advice.push_back(Advice::uniform(rows));
    const std::vector<double> q = bandit.query(advice, rows);
    double total = 0.0;
    for (const double x : q) total += x;
    Rows asked;
    while (asked.size() < budget) {
      const double u = uniform();
      std::size_t row = 0;
      double sum = 0.0;
      for (; row < rows; ++row) {
        sum += q[row];
        if (q[row] > 0.0 && sum / total >= u) break;
      }
      draws.push_back({row, q[row]});
      advised.emplace_back();
      for (const Advice& one : advice) {
        const auto at = std::find(one.rows.begin(), one.rows.end(), row);
        advised.back().push_back(
            at == one.rows.end() ? 0.0
                                 : 1.0 / static_cast<double>(one.rows.size()));
      }
      if (std::find(labelled.begin(), labelled.end(), row) == labelled.end()) {
        labelled.push_back(row);
        asked.push_back(row);
      }
    }
    return asked;
  }
  double learn(const auto& correct) {
    double reward = 0.0;
    for (const Draw& draw : draws) {
      if (correct(draw.row)) {
        reward += 1.0 / draw.q / static_cast<double>(rows) / horizon;
      }
    }
    std::vector<double> sums(bandit.experts(), 0.0);
    for (std::size_t j = 0; j < advised.size(); ++j) {
      const Draw& draw = draws[draws.size() - advised.size() + j];
      for (std::size_t k = 0; k < sums.size(); ++k) {
        sums[k] += reward * advised[j][k] / draw.q;
      }
    }
    bandit.update(sums, advised.size());
    advised.clear();
    return reward;
  }
};

std::function<double()> numbers(std::uint64_t seed) {
  return [random = RandomStream(seed)]() mutable {
    return random.uniform();
  };
}

/// Batches of rows that are not labelled.
std::vector<Advice> batches(std::size_t strategies, std::size_t rows,
                            std::size_t size,
                            const std::set<std::size_t>& known,
                            RandomStream& random) {
  Rows left;
  for (std::size_t row = 0; row < rows; ++row) {
    if (!known.contains(row)) left.push_back(row);
  }
  std::vector<Advice> advice;
  for (std::size_t k = 0; k < strategies; ++k) {
    random.shuffle(std::span(left));
    advice.push_back(Advice::of(
        Rows(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(
                                              std::min(size, left.size())))));
  }
  return advice;
}

}  // namespace

TEST_CASE("ALBL asks and learns as it is written", "[albl]") {
  std::size_t hits = 0;  // draws of what was labelled
  for (const std::size_t budget : {1, 4}) {
    const std::size_t rows = 80;
    const Exp4POptions options{.horizon = 45, .delta = 0.2};
    Albl albl(2, rows, {.bandit = options});
    Oracle oracle{rows, 45.0, Exp4P(3, options)};
    albl.draw_from(numbers(5));
    const auto uniform = numbers(5);
    RandomStream random(1);
    std::set<std::size_t> known;
    while (known.size() < 30) known.insert(random.below(rows));
    for (int round = 0; round < 10; ++round) {
      CAPTURE(budget, round);
      const auto advice = batches(2, rows, budget + 1, known, random);
      const Rows labelled(known.begin(), known.end());
      const Rows asked = albl.ask(advice, budget, labelled);
      CHECK(asked == oracle.ask(advice, budget, labelled, uniform));
      CHECK(asked.size() == budget);
      known.insert(asked.begin(), asked.end());
      const std::uint64_t model = random();
      const auto correct = [&](std::size_t row) {
        return RandomStream(model).derive(row).uniform() < 0.7;
      };
      CHECK(albl.learn(correct) == Approx(oracle.learn(correct)));
      const auto p = albl.bandit().probabilities();
      for (std::size_t k = 0; k < p.size(); ++k) {
        CHECK(p[k] == Approx(oracle.bandit.probabilities()[k]).epsilon(1e-12));
      }
    }
    CHECK(albl.bandit().asked() == oracle.draws.size());
    hits += oracle.draws.size() - 10 * budget;
  }
  CHECK(hits > 5);
}

TEST_CASE("Rows are drawn as q has it", "[albl]") {
  const std::vector<Advice> advice = {{{1, 4}, {3.0, 1.0}}, {{4}}};
  std::map<std::size_t, double> counts, law;
  const Albl first(2, 6);
  const std::vector<double> q = first.query(advice);
  double sum = 0.0;
  for (std::size_t row = 0; row < 6; ++row) sum += law[row] = q[row];
  CHECK(sum == Approx(1.0));
  CHECK(law[4] > law[1]);
  CHECK(law[0] == Approx(1.0 / 18));
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    ++counts[Albl(2, 6, {.seed = seed}).ask(advice, 1).at(0)];
  }
  CHECK(test::follows(counts, law));
}

TEST_CASE("Given numbers decide what is drawn", "[albl]") {
  // q = (0, 1/2, 0, 1/4, 1/4)
  Albl albl(1, 5, {.uniform = false});
  const std::vector<Advice> advice = {{{1, 3, 4}, {2.0, 1.0, 1.0}}};
  std::vector<double> given = {0.75, 0.0, 0.5, 0.76};
  albl.draw_from(
      [&, next = std::size_t{0}]() mutable { return given.at(next++); });
  CHECK(albl.ask(advice, 3) == Rows{3, 1, 4});
  // Row 1 was drawn twice, for 0 and 0.5: 2 + 2.
  CHECK(albl.drawn() == std::map<std::size_t, double>{{1, 4}, {3, 4}, {4, 4}});
  // 8 / (5 rows · 100 draws planned)
  CHECK(albl.learn([](std::size_t row) { return row != 3; }) ==
        Approx(8.0 / 500));
}

TEST_CASE("The reward estimates the accuracy on the pool", "[albl]") {
  // One strategy knows the hard rows, 0 to 9, of which the model is right about
  // none; it is right about the other thirty: 0.75.
  const auto correct = [](std::size_t row) {
    return row >= 10;
  };
  const int runs = 400;
  double sum = 0.0, squares = 0.0;
  for (int run = 0; run < runs; ++run) {
    Albl albl(
        2, 40,
        {.bandit = {.horizon = 30}, .seed = static_cast<std::uint64_t>(run)});
    double reward = 0.0;
    for (std::size_t t = 0; t < 30; ++t) {
      albl.ask(std::vector<Advice>{{{t % 10}}, {{10 + t}}}, 1);
      reward = albl.learn(correct);
    }
    CHECK(albl.bandit().asked() == 30);
    sum += reward / runs;
    squares += reward * reward / runs;
  }
  const double error = std::sqrt((squares - sum * sum) / runs);
  CHECK(error < 0.03);
  CHECK(std::abs(sum - 0.75) < 4.0 * error);
}

TEST_CASE("ALBL comes to listen to what makes the model better", "[albl]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Albl albl(2, 30, {.bandit = {.horizon = 400}, .seed = seed});
    for (int t = 0; t < 400; ++t) {
      // After a question of strategy 0 the model is right about most.
      const Rows asked =
          albl.ask(std::vector<Advice>{{{0, 1, 2, 3}}, {{4, 5, 6, 7}}}, 1);
      const bool good = asked.at(0) < 4;
      albl.learn([&](std::size_t row) { return row % 10 < (good ? 9U : 3U); });
    }
    CAPTURE(seed);
    const std::vector<double> p = albl.bandit().probabilities();
    CHECK(p[0] > 2.0 * p[1]);
    CHECK(p[0] > p[2]);
  }
}

TEST_CASE("ALBL never asks what is labelled, nor more than there is",
          "[albl]") {
  Albl albl(1, 6);
  const std::vector<Advice> advice = {Advice::of({2, 3})};
  Rows asked = albl.ask(advice, 100, Rows{0, 3});
  std::sort(asked.begin(), asked.end());
  CHECK(asked == Rows{1, 2, 4, 5});
  albl.learn([](std::size_t) { return true; });
  CHECK(albl.ask(advice, 1, Rows{0, 1, 2, 3, 4, 5}).empty());
  CHECK(albl.ask(advice, 0).empty());
  CHECK_FALSE(albl.asking());

  Albl picky(1, 6, {.uniform = false});
  asked = picky.ask(advice, 100);
  std::sort(asked.begin(), asked.end());
  CHECK(asked == Rows{2, 3});

  using test::error_id;
  CHECK(error_id([&] { picky.ask(advice, 1); }) == "contract.violated");
  CHECK(error_id([&] { albl.learn({}); }) == "contract.violated");
  CHECK(error_id([&] { albl.ask(advice, 1, Rows{6}); }) ==
        "strategy.bad_row_number");
  CHECK(error_id([&] { albl.query({}); }) == "contract.violated");
  CHECK(error_id([] { Albl(0, 5); }) == "contract.violated");
  CHECK(error_id([] { Albl(2, 0); }) == "contract.violated");
  CHECK(error_id([] { Albl(5, 9, {.bandit = {.horizon = 9}}); }) ==
        "strategy.bad_param");
}

TEST_CASE("ALBL goes on from its state, in the middle of a round too",
          "[albl]") {
  const std::size_t rows = 40;
  Albl whole(2, rows, {.bandit = {.horizon = 60}, .seed = ~0ULL});
  Albl broken = whole;
  const auto restored = [](const Albl& albl) {
    return Albl::from_json(parse_json(to_line(albl.to_json()), "albl.json"));
  };
  RandomStream random(1);
  std::set<std::size_t> known;
  for (int round = 0; round < 12; ++round) {
    const auto advice = batches(2, rows, 3, known, random);
    const Rows labelled(known.begin(), known.end());
    broken = restored(broken);
    const Rows asked = whole.ask(advice, 3, labelled);
    // Asked, killed before that was kept, and asked again.
    CHECK(restored(broken).ask(advice, 3, labelled) == asked);
    CHECK(broken.ask(advice, 3, labelled) == asked);
    broken = restored(broken);
    CHECK(broken.asking());
    known.insert(asked.begin(), asked.end());
    const auto correct = [&](std::size_t row) {
      return (row + static_cast<std::size_t>(round)) % 3 != 0;
    };
    CHECK(whole.learn(correct) == broken.learn(correct));
    CHECK(whole.to_json() == broken.to_json());
  }
}

TEST_CASE("A state of ALBL that is none is an error that says so", "[albl]") {
  Albl albl(2, 9);
  albl.ask(std::vector<Advice>{{{1}}, {{2}}}, 2);
  const Json good = albl.to_json();
  const auto complaint = [](const Json& state) {
    return test::error_message([&] { Albl::from_json(state, "a.json"); });
  };
  CHECK(complaint(good).empty());
  for (const auto& [key, value] : good.items()) {
    Json broken = good;
    broken.erase(key);
    CHECK(complaint(broken) == "a.json: " + key + " is missing");
    broken[key] = "x";
    const std::string start =
        key == "bandit" ? "a.json, its bandit: the state" : "a.json: " + key;
    CHECK(complaint(broken).find(start + " is \"x\", but must be") == 0);
  }
  const auto with = [&](const char* key, Json value) {
    Json broken = good;
    broken[key] = std::move(value);
    return complaint(broken);
  };
  CHECK_FALSE(with("drawn", {9}).empty());
  CHECK_FALSE(with("weights", Json::array()).empty());
  Json zeros = good["weights"];
  zeros[0] = 0.0;
  CHECK(with("weights", zeros) ==
        "a.json: weights holds a number that is not positive");
  CHECK_FALSE(with("ratios", {1.0, 2.0}).empty());
  CHECK_FALSE(with("ratios", {1.0, 2.0, -1.0}).empty());
  CHECK_FALSE(with("draws", 0).empty());  // ratios of a round that is none
  CHECK_FALSE(with("draws", -1).empty());
  CHECK_FALSE(with("bandit", Exp4P(1).to_json()).empty());
  Json twice = good;
  twice["drawn"] = {1, 1};
  twice["weights"] = {1.0, 1.0};
  CHECK(complaint(twice) == "a.json: drawn holds 1 twice");
}
