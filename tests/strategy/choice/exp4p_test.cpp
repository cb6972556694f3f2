#include "quarry/strategy/choice/exp4p.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Dense = std::vector<std::vector<double>>;  // [experts][rows]

/// The rule as written, on dense advice, in long double.
struct Oracle {
  std::vector<long double> w;
  long double horizon = 0, delta = 0, pmin = 0;

  long double k() const { return static_cast<long double>(w.size()); }
  std::vector<long double> p() const {
    long double sum = 0;
    for (const long double x : w) sum += x;
    std::vector<long double> p;
    for (const long double x : w)
      p.push_back((1 - k() * pmin) * x / sum + pmin);
    return p;
  }
  std::vector<long double> q(const Dense& advice) const {
    std::vector<long double> q(advice[0].size(), 0);
    for (std::size_t i = 0; i < w.size(); ++i) {
      for (std::size_t j = 0; j < q.size(); ++j) q[j] += p()[i] * advice[i][j];
    }
    return q;
  }
  void learn(const Dense& advice, const std::vector<std::size_t>& asked,
             long double r) {
    const auto p_now = p();
    const auto q_now = q(advice);
    for (std::size_t i = 0; i < w.size(); ++i) {
      for (const std::size_t ask : asked) {
        const long double r_hat = r * advice[i][ask] / q_now[ask];
        const long double v_hat = 1 / p_now[i];
        w[i] *= std::exp(pmin / 2 *
                         (r_hat + v_hat * std::sqrt(std::log(k() / delta) /
                                                    (k() * horizon))));
      }
    }
  }
};

Advice random_advice(std::size_t rows, RandomStream& random) {
  std::vector<std::size_t> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = i;
  random.shuffle(std::span(order));
  order.resize(1 + random.below(rows));
  Advice advice = Advice::of(order);
  if (random.uniform() < 0.5) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      advice.shares.push_back(i == 0 ? 2.0 : 3.0 * random.uniform());
    }
  }
  return advice;
}

Dense dense(const std::vector<Advice>& advice, std::size_t rows) {
  Dense table;
  for (const Advice& one : advice) {
    std::vector<double> row(rows, 0.0);
    double sum = 0.0;
    for (std::size_t i = 0; i < one.rows.size(); ++i) {
      row[one.rows[i]] = one.shares.empty() ? 1.0 : one.shares[i];
      sum += row[one.rows[i]];
    }
    for (double& x : row) x /= sum;
    table.push_back(row);
  }
  return table;
}

void check_close(const std::vector<double>& got, const auto& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i] == Approx(static_cast<double>(want[i])).epsilon(1e-11));
  }
}

}  // namespace

TEST_CASE("Exp4.P is what is written", "[exp4p]") {
  RandomStream random(3);
  for (const std::size_t experts : {1, 2, 3, 6}) {
    const std::size_t rows = 9;
    Exp4P bandit(experts, {.horizon = 60, .delta = 0.2});
    const auto k = static_cast<long double>(experts);
    Oracle oracle{std::vector<long double>(experts, 1), 60, 0.2L,
                  std::sqrt(std::log(k) / (k * 60))};
    CHECK(bandit.pmin() == Approx(static_cast<double>(oracle.pmin)));
    for (int t = 0; t < 40; ++t) {
      CAPTURE(experts, t);
      std::vector<Advice> advice;
      for (std::size_t i = 0; i < experts; ++i) {
        advice.push_back(random_advice(rows, random));
      }
      const Dense table = dense(advice, rows);
      const std::vector<double> q = bandit.query(advice, rows);
      check_close(q, oracle.q(table));
      check_close(bandit.probabilities(), oracle.p());
      // One row, or three under one q, whose rewards come together.
      std::vector<std::size_t> asked;
      while (asked.size() < (t % 3 == 0 ? 3U : 1U)) {
        const std::size_t row = random.below(rows);
        if (q[row] > 0.0) asked.push_back(row);
      }
      const double reward = random.uniform();
      oracle.learn(table, asked, reward);
      std::vector<double> sums(experts, 0.0);
      std::vector<double> advised;
      for (std::size_t i = 0; i < experts; ++i) {
        for (const std::size_t row : asked) {
          sums[i] += reward * table[i][row] / q[row];
        }
        advised.push_back(table[i][asked[0]]);
      }
      if (asked.size() == 1) {
        bandit.update(reward, advised);
      } else {
        bandit.update(sums, asked.size());
      }
      check_close(bandit.weights(), oracle.w);
    }
    CHECK(bandit.asked() == 26 + 14 * 3);
  }
}

TEST_CASE("The expert who earns more is listened to", "[exp4p]") {
  // Expert 1 asks rows that pay 0.8 on average, the others rows that pay 0.4.
  const std::vector<Advice> advice = {
      Advice::of({0, 1, 2}), Advice::of({2, 3, 4}), Advice::uniform(12)};
  const auto pays = [](std::size_t row) {
    return row == 2 || row == 3 || row == 4 ? 0.8 : 0.2;
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream random(seed);
    Exp4P bandit(3, {.horizon = 3000, .delta = 0.1});
    double earned = 0.0;
    for (int t = 0; t < 3000; ++t) {
      const std::vector<double> q = bandit.query(advice, 12);
      std::size_t row = 0;
      for (double u = random.uniform() - q[0]; u > 0.0 && row < 11;) {
        u -= q[++row];
      }
      const double reward = random.uniform() < pays(row) ? 1.0 : 0.0;
      earned += reward / 3000;
      std::vector<double> advised;
      for (const std::vector<double>& one : dense(advice, 12)) {
        advised.push_back(one[row]);
      }
      bandit.update(reward, advised);
    }
    CAPTURE(seed);
    const std::vector<double> p = bandit.probabilities();
    CHECK(p[1] > 0.85);
    CHECK(p[1] > p[0]);
    CHECK(p[1] > p[2]);
    CHECK(earned > 0.65);  // were all listened to alike: 0.52
  }
}

TEST_CASE("Probabilities are at least pmin, and sum to 1, for ever",
          "[exp4p]") {
  Exp4P bandit(3, {.horizon = 10, .pmin = 0.3});
  for (int t = 0; t < 20'000; ++t) {
    bandit.update(1.0, std::vector<double>{1.0, 0.0, 0.5});
  }
  const std::vector<double> p = bandit.probabilities();
  CHECK(std::isinf(bandit.weights()[0]));  // as it may: its logarithm is kept
  CHECK(p[0] == Approx(0.4));
  CHECK(p[1] == Approx(0.3));
  CHECK(p[2] == Approx(0.3));
  // One expert has it all.
  CHECK(Exp4P(1).probabilities() == std::vector<double>{1.0});
}

TEST_CASE("What Exp4.P cannot be told is an error", "[exp4p]") {
  using test::error_id;
  CHECK(error_id([] { Exp4P(2, {.horizon = 0}); }) == "strategy.bad_param");
  CHECK(error_id([] { Exp4P(2, {.delta = 0.0}); }) == "strategy.bad_param");
  CHECK(error_id([] { Exp4P(2, {.delta = 1.5}); }) == "strategy.bad_param");
  CHECK(error_id([] { Exp4P(2, {.pmin = 0.0}); }) == "strategy.bad_param");
  CHECK(error_id([] { Exp4P(2, {.pmin = 0.51}); }) == "strategy.bad_param");
  CHECK(error_id([] { Exp4P(2, {.pmin = std::nan("")}); }) ==
        "strategy.bad_param");
  // 4 ln 4 = 5.5: fewer rounds cannot tell four experts apart.
  CHECK(error_id([] { Exp4P(4, {.horizon = 5}); }) == "strategy.bad_param");
  CHECK(error_id([] { Exp4P(4, {.horizon = 6}); }).empty());
  CHECK(error_id([] { Exp4P(4, {.horizon = 5, .pmin = 0.1}); }).empty());
  CHECK(error_id([] { Exp4P(0); }) == "contract.violated");

  Exp4P bandit(2);
  const std::vector<double> advised = {1.0, 0.0};
  for (const double reward : {-0.1, HUGE_VAL, std::nan("")}) {
    CHECK(error_id([&] { bandit.update(reward, advised); }) ==
          "strategy.bad_report");
  }
  CHECK(bandit.asked() == 0);
  const auto asks = [&](Advice advice) {
    return error_id([&] {
      bandit.query(std::vector<Advice>{advice, Advice::uniform(3)}, 3);
    });
  };
  CHECK(asks({{0, 2}}).empty());
  CHECK(asks({{0, 3}}) == "strategy.bad_row_number");
  CHECK(asks({{1, 1}}) == "strategy.bad_pick");
  CHECK(asks({{}}) == "strategy.bad_pick");
  CHECK(asks({{0, 1}, {1.0}}) == "strategy.bad_pick");
  CHECK(asks({{0, 1}, {1.0, -1.0}}) == "strategy.bad_pick");
  CHECK(asks({{0, 1}, {0.0, 0.0}}) == "strategy.bad_pick");
  CHECK(asks({{0, 1}, {1.0, HUGE_VAL}}) == "strategy.bad_pick");
}

TEST_CASE("Exp4.P goes on from its state, bit by bit", "[exp4p]") {
  for (const std::size_t experts : {1, 3}) {
    Exp4P bandit(experts, {.horizon = 40, .delta = 0.3});
    RandomStream random(8);
    for (int t = 0; t < 30; ++t) {
      std::vector<double> advised(experts);
      for (double& x : advised) x = 0.01 + random.uniform();
      Exp4P again =
          Exp4P::from_json(parse_json(to_line(bandit.to_json()), "state.json"));
      CHECK(again.probabilities() == bandit.probabilities());
      bandit.update(0.7, advised);
      again.update(0.7, advised);
      CHECK(again.to_json() == bandit.to_json());
    }
  }
}

TEST_CASE("A state of Exp4.P that is none is an error that says so",
          "[exp4p]") {
  const Json good = Exp4P(2).to_json();
  const auto complaint = [](const Json& state) {
    return test::error_message([&] { Exp4P::from_json(state, "a.json"); });
  };
  CHECK(complaint(good).empty());
  CHECK(complaint(Json(3)) == "a.json: the state is 3, but must be an object");
  for (const auto& [key, value] : good.items()) {
    Json broken = good;
    broken.erase(key);
    CHECK(complaint(broken) == "a.json: " + key + " is missing");
    broken[key] = "x";
    CHECK(complaint(broken).find("a.json: " + key + " is \"x\", but must be") ==
          0);
    broken[key] = nullptr;
    CHECK(complaint(broken).find("a.json: " + key + " is null") == 0);
  }
  Json broken = good;
  broken["log_weights"] = {0.0};
  CHECK(complaint(broken) ==
        "a.json: log_weights is [0.0], but must be 2 numbers, one a expert");
  broken = good;
  broken["pmin"] = 0.7;
  CHECK(complaint(broken).find(
            "a.json: the state holds a parameter pmin=0.7: must be") == 0);
  broken = good;
  broken["experts"] = 1e18;
  CHECK_FALSE(complaint(broken).empty());
  broken = good;
  broken["wieghts"] = 1;
  CHECK(test::error_id([&] { Exp4P::from_json(broken); }) ==
        "strategy.bad_state");
}
