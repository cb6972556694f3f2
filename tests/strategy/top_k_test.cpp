#include "quarry/strategy/top_k.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// Many ties: few different scores, fewer keys than rows.
std::vector<ScoredRow> random_rows(std::size_t count, RandomStream& random) {
  std::vector<ScoredRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const double score = static_cast<double>(random.below(7)) / 4.0 - 1.0;
    rows.push_back({random.below(20) == 0 ? -inf : score, random.below(9), i});
  }
  random.shuffle(std::span(rows));
  return rows;
}

std::vector<std::size_t> by_full_sort(std::vector<ScoredRow> rows,
                                      std::size_t k, Ties ties) {
  // Written out once more, so that an error in PickOrder shows.
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
    if (a.score > b.score) return true;
    if (a.score < b.score) return false;
    if (ties == Ties::hash) {
      if (a.key < b.key) return true;
      if (a.key > b.key) return false;
    }
    return a.index < b.index;
  });
  rows.resize(std::min(k, rows.size()));
  std::vector<std::size_t> result;
  for (const ScoredRow& row : rows) result.push_back(row.index);
  return result;
}

std::vector<std::size_t> indices(const std::vector<RankedPick>& picks) {
  std::vector<std::size_t> result;
  for (const RankedPick& pick : picks) result.push_back(pick.index);
  return result;
}

}  // namespace

TEST_CASE("TopK gives what a full sort gives, ties and all", "[top_k]") {
  RandomStream random(1);
  for (const Ties ties : {Ties::hash, Ties::index}) {
    for (const std::size_t count : {0, 1, 2, 17, 500}) {
      for (const std::size_t k : {0, 1, 2, 3, 16, 17, 250, 500, 501, 4000}) {
        const auto rows = random_rows(count, random);
        TopK top(k, PickOrder(ties));
        for (const ScoredRow& row : rows) top.push(row);
        CAPTURE(count, k, ties == Ties::hash);
        CHECK(indices(top.sorted()) == by_full_sort(rows, k, ties));
      }
    }
  }
}

TEST_CASE("TopK merged from parts gives what one gives", "[top_k]") {
  RandomStream random(2);
  for (const std::size_t k : {0, 1, 5, 40, 1000}) {
    const auto rows = random_rows(300, random);
    std::vector<TopK> parts(3, TopK(k));
    for (const ScoredRow& row : rows) parts[random.below(3)].push(row);
    TopK all(k);  // never pushed to
    for (TopK& part : parts) all.merge(std::move(part));
    CAPTURE(k);
    CHECK(indices(all.sorted()) == by_full_sort(rows, k, Ties::hash));
  }
}

TEST_CASE("TopK goes on after a look at what it has", "[top_k]") {
  TopK top(2);
  top.push({0.5, 0, 0});
  CHECK(top.sorted().size() == 1);
  top.push({0.7, 0, 1});
  top.push({0.6, 0, 2});
  const auto picks = top.sorted();
  REQUIRE(indices(picks) == std::vector<std::size_t>{1, 2});
  CHECK(picks[0].score == 0.7);
}

TEST_CASE("TopK tells what cannot be picked any more", "[top_k]") {
  TopK top(2);
  CHECK(top.floor() == -inf);
  for (std::size_t i = 0; i < 100; ++i) {
    top.push({static_cast<double>(i), 0, i});
    const double second = static_cast<double>(i) - 1.0;
    CHECK(top.floor() <= second);
  }
  CHECK(top.floor() >= 96.0);
  TopK other(2);
  other.merge(std::move(top));
  CHECK(other.floor() >= 96.0);
}

TEST_CASE("TopK keeps the 10,000 first of ten million", "[top_k]") {
  constexpr std::size_t count = 10'000'000, k = 10'000;
  RandomStream random(4);
  std::vector<double> scores(count);
  TopK top(k, PickOrder(Ties::index));
  for (std::size_t i = 0; i < count; ++i) {
    // 28 random bits: some rows are equal.
    scores[i] = static_cast<double>(random() >> 36);
    top.push({scores[i], 0, i});
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto before = [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  const auto last = order.begin() + k;
  std::nth_element(order.begin(), last, order.end(), before);
  std::sort(order.begin(), last, before);
  order.resize(k);
  CHECK(indices(top.sorted()) == order);
}

TEST_CASE("TopK of all there can be takes no memory for what never comes",
          "[top_k]") {
  TopK top(std::numeric_limits<std::size_t>::max());
  top.push({1.0, 0, 3});
  top.push({2.0, 0, 4});
  CHECK(indices(top.sorted()) == std::vector<std::size_t>{4, 3});
}

TEST_CASE("TopK refuses scores that cannot be put in order", "[top_k]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double score : {nan, -nan, inf}) {
    TopK top(3);
    CHECK(test::error_id([&] {
            top.push({score, 0, 8});
          }) == "strategy.bad_score");
    CHECK(test::error_message([&] {
            top.push({score, 0, 8});
          }).find("row 8") != std::string::npos);
  }
  TopK top(1);
  top.push({-inf, 0, 8});
  CHECK(top.sorted().front().score == -inf);
}

TEST_CASE("TopK merges only with its like", "[top_k]") {
  TopK top(3);
  CHECK(test::error_id([&] { top.merge(TopK(4)); }) == "contract.violated");
  CHECK(test::error_id([&] { top.merge(TopK(3, PickOrder(Ties::index))); }) ==
        "contract.violated");
}
