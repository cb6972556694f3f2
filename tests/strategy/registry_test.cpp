#include "quarry/strategy/registry.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "quarry/strategy/diversity/k_center.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "pools.hpp"

using namespace quarry;

namespace {

struct Constant : Pointwise<Constant> {
  double value = 0.25;
  double score(const Prediction&) const { return value; }
};

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const StrategyInfo& info : strategies()) result.push_back(info.name);
  return result;
}

double score_of(const AnyStrategy& strategy) {
  const std::vector<double> p = {1.0};
  SelectContext context;
  const auto pool =
      test::pool_of(1, {{inputs::probabilities, ArrayView(p.data(), {1, 1})}});
  return select_from(strategy, pool, 1, context)[0].score;
}

}  // namespace

TEST_CASE("The shipped strategies are there, by name", "[registry]") {
  const auto all = names();
  CHECK(std::is_sorted(all.begin(), all.end()));
  for (const char* name : {"random",
                           "least_confidence",
                           "margin",
                           "ratio",
                           "entropy",
                           "k_center",
                           "mc_least_confidence",
                           "mc_margin",
                           "mc_entropy",
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
                           "batch_bald"}) {
    CAPTURE(name);
    CHECK(std::count(all.begin(), all.end(), name) == 1);
    CHECK_NOTHROW(make_strategy(name));
  }
  CHECK(make_strategy("margin").kind() == AnyStrategy::Kind::pointwise);
  CHECK(make_strategy("k_center").kind() == AnyStrategy::Kind::set);
}

TEST_CASE("What is said about a strategy is true", "[registry]") {
  for (const StrategyInfo& info : strategies()) {
    if (info.family.empty()) continue;  // registered by a test
    CAPTURE(info.name);
    const Needs needs = make_strategy(info.name).needs();
    CHECK(needs.size() == info.needs.size());
    for (const Need& need : needs) CHECK(info.needs.has(need.name));
    CHECK_FALSE(info.summary.empty());
    CHECK_FALSE(info.cost.empty());
    CHECK(info.paper.empty() == (info.name == "random"));
  }
}

TEST_CASE("A choice among strategies is an error that says where it is",
          "[registry]") {
  for (const char* name : {"albl", "exp4p", "pshea"}) {
    try {
      make_strategy(name);
      FAIL("it does not throw");
    } catch (const Error& error) {
      CHECK(error.id() == "strategy.unknown");
      CHECK(error.message().find(std::string("'") + name +
                                 "' chooses among strategies") == 0);
      CHECK(error.hint().find("docs/reference/strategies/choice.md") !=
            std::string::npos);
    }
  }
}

TEST_CASE("An unknown strategy is an error with a suggestion", "[registry]") {
  try {
    make_strategy("entrpy");
    FAIL("it does not throw");
  } catch (const Error& error) {
    CHECK(error.id() == "strategy.unknown");
    CHECK(error.message() == "there is no strategy called 'entrpy'");
    CHECK(error.hint().find("did you mean entropy?") == 0);
  }
  for (const std::string& name :
       {std::string(), std::string("BALD!"), std::string(1 << 20, 'a'),
        std::string("\0margin", 7)}) {
    CHECK(test::error_id([&] { make_strategy(name); }) == "strategy.unknown");
  }
}

TEST_CASE("Parameters reach the strategy or are refused", "[registry]") {
  CHECK_NOTHROW(make_strategy("k_center", {{"metric", "euclidean"}}));
  CHECK(test::error_id([] {
          make_strategy("k_center", {{"metric", "manhattan"}});
        }) == "strategy.bad_param");
  CHECK(test::error_id([] {
          make_strategy("k_center", {{"metrics", "euclidean"}});
        }) == "strategy.unknown_param");
  CHECK(test::error_id([] {
          make_strategy("margin", {{"beta", "1"}});
        }) == "strategy.unknown_param");
}

TEST_CASE("A strategy of one's own is registered in one line", "[registry]") {
  register_strategy<Constant>({.name = "registry_test_constant"});
  CHECK(score_of(make_strategy("registry_test_constant")) == 0.25);
  CHECK(test::error_id([] {
          make_strategy("registry_test_constant", {{"value", "1"}});
        }) == "strategy.unknown_param");

  register_strategy({.name = "registry_test_value"}, [](StrategyParams& p) {
    Constant constant;
    constant.value = p.number("value", 0.5);
    return AnyStrategy(constant);
  });
  CHECK(score_of(make_strategy("registry_test_value")) == 0.5);
  CHECK(score_of(make_strategy("registry_test_value", {{"value", "2"}})) ==
        2.0);
}

TEST_CASE("A name is taken once", "[registry]") {
  CHECK(test::error_id([] {
          register_strategy<Constant>({.name = "margin"});
        }) == "strategy.duplicate");
  const std::string message = test::error_message(
      [] { register_strategy<Constant>({.name = "margin"}); });
  CHECK(message.find("'margin'") != std::string::npos);
  // The first one stays.
  CHECK(score_of(make_strategy("margin")) == 0.0);
  for (const char* name : {"", "Margin", "my-own", "1st", "a b"}) {
    CHECK(test::error_id([&] {
            register_strategy<Constant>({.name = name});
          }) == "contract.violated");
  }
  CHECK(test::error_id([] {
          register_strategy({.name = "no_factory"}, nullptr);
        }) == "contract.violated");
}

TEST_CASE("Strategies are registered and made from many threads",
          "[registry]") {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 50; ++i) {
        register_strategy<Constant>({.name = "registry_test_" +
                                             std::to_string(t) + "_" +
                                             std::to_string(i)});
        make_strategy("entropy");
        strategies();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_NOTHROW(make_strategy("registry_test_3_49"));
}
