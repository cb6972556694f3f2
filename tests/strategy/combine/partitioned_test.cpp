#include "quarry/strategy/combine/partitioned.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "columns.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// The rows of each part of a pool, ascending: a selection of all of them takes
/// parts in turns.
std::vector<RowNumbers> parts_of(const PoolView& pool, std::size_t count,
                                 std::uint64_t seed) {
  std::vector<RowNumbers> parts(count);
  std::size_t turn = 0;
  for (const std::size_t row : rows_by(Partitioned(ByColumn(0), count), pool,
                                       pool.candidates().size(), seed)) {
    parts[turn++ % count].push_back(row);
  }
  for (RowNumbers& part : parts) std::sort(part.begin(), part.end());
  return parts;
}

}  // namespace

static_assert(SetStrategy<Partitioned> && !PointwiseStrategy<Partitioned>);

TEST_CASE("One part is the whole pool", "[partitioned]") {
  RandomStream random(1);
  const Embedded made = random_rows(60, 3, 0.1, random);
  const PoolView pool = made.pool();
  for (const std::size_t budget : {1, 7, 60}) {
    CHECK(rows_by(Partitioned(KCenter(), 1), pool, budget) ==
          rows_by(KCenter(), pool, budget));
    CHECK(rows_by(Partitioned(ByColumn(1), 1), pool, budget) ==
          rows_by(ByColumn(1), pool, budget));
  }
}

TEST_CASE("A strategy chooses in each part by itself, in turns",
          "[partitioned]") {
  RandomStream random(2);
  for (const std::size_t count : {2, 3, 8}) {
    const Embedded made = random_rows(50, 3, 0.15, random);
    const PoolView pool = made.pool();
    const auto parts = parts_of(pool, count, 5);
    const std::size_t all = pool.candidates().size();
    for (const std::size_t budget : {std::size_t{1}, count, all / 2, all}) {
      // Every part alone, in a pool of its own.
      std::vector<RowNumbers> chosen(count);
      for (std::size_t p = 0; p < count; ++p) {
        CHECK(parts[p].size() == all / count + (p < all % count ? 1 : 0));
        const PoolView part({.rows = made.rows,
                             .inputs = {made.input()},
                             .candidates = parts[p],
                             .labelled = made.labelled,
                             .keys = row_keys(made.rows, 0)});
        chosen[p] = rows_by(KCenter(), part,
                            budget / count + (p < budget % count ? 1 : 0));
      }
      RowNumbers want;
      for (std::size_t i = 0; i < budget; ++i) {
        want.push_back(chosen[i % count][i / count]);
      }
      CHECK(rows_by(Partitioned(KCenter(), count), pool, budget, 5) == want);
    }
  }
}

TEST_CASE("Fewer picks are the first of more", "[partitioned]") {
  RandomStream random(3);
  const Embedded made = random_rows(40, 2, 0.0, random);
  const PoolView pool = made.pool();
  const auto all = rows_by(Partitioned(KCenter(), 6), pool, 40);
  CHECK(std::set(all.begin(), all.end()).size() == 40);
  for (std::size_t budget = 0; budget < 40; ++budget) {
    CHECK(rows_by(Partitioned(KCenter(), 6), pool, budget) ==
          RowNumbers(all.begin(), all.begin() + static_cast<int>(budget)));
  }
}

TEST_CASE("Parts are drawn by the seed, every row as likely with any other",
          "[partitioned]") {
  RandomStream random(4);
  const Embedded made = random_rows(30, 1, 0.0, random);
  const PoolView pool = made.pool();
  std::size_t together = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const auto parts = parts_of(pool, 3, seed);
    const auto holds = [](const RowNumbers& part, std::size_t row) {
      return std::binary_search(part.begin(), part.end(), row);
    };
    for (const RowNumbers& part : parts) {
      if (holds(part, 4) && holds(part, 21)) ++together;
    }
  }
  // 9 of 29: 310 of 1000 are due; five standard deviations are 73.
  CHECK(together > 237);
  CHECK(together < 383);
}

TEST_CASE("More parts than candidates are one candidate each",
          "[partitioned]") {
  const std::vector<double> pairs = {0, 9, 1, 0, 2, 1, 3, 2};
  const PoolView pool = pool_of_pairs(pairs, {3});
  CHECK(rows_by(Partitioned(ByColumn(0), 99), pool, 9).size() == 3);
  CHECK(rows_by(Partitioned(ByColumn(0), 99), pool, 2).size() == 2);
  CHECK(rows_by(Partitioned(ByColumn(0), 99), pool, 0).empty());
  CHECK(error_id([] { Partitioned(Margin(), 0); }) == "contract.violated");
}

TEST_CASE("A strategy draws anew in each part", "[partitioned]") {
  /// Picks the first rows, and scores them with what it draws.
  struct Draws : SetWise<Draws> {
    std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                   SelectContext& context) const {
      std::vector<RankedPick> picks;
      for (const std::size_t row : pool.candidates().first(budget)) {
        picks.push_back({row, context.random.uniform()});
      }
      return picks;
    }
  };
  const std::vector<double> pairs(40, 0.0);
  const PoolView pool = pool_of_pairs(pairs);
  SelectContext context;
  std::set<double> drawn;
  for (const RankedPick& pick :
       select_from(Partitioned(Draws(), 5), pool, 20, context)) {
    drawn.insert(pick.score);
  }
  CHECK(drawn.size() == 20);
}

TEST_CASE("Interrupted in one part, a partitioned selection picks nothing",
          "[partitioned]") {
  const std::vector<double> pairs(20'000, 1.0);
  const PoolView pool = pool_of_pairs(pairs);
  const Interrupted first;
  SelectContext context{.stop = first.source.get_token()};
  CHECK(Partitioned(first, 2).select(pool, 4, context).empty());
}

TEST_CASE("The hook hears of all parts together", "[partitioned]") {
  const std::vector<double> pairs(60, 1.0);
  const PoolView pool = pool_of_pairs(pairs);
  for (const AnyStrategy& inside :
       {AnyStrategy(ByColumn(0)), AnyStrategy(KCenter())}) {
    std::vector<std::size_t> done;
    SelectContext context{.progress = [&](const Progress& at) {
      CHECK(at.total == 12);
      done.push_back(at.done);
      return Flow::go_on;
    }};
    Partitioned(inside, 4).select(pool, 12, context);
    CHECK(std::is_sorted(done.begin(), done.end()));
    REQUIRE_FALSE(done.empty());
    CHECK(done.back() == 12);
  }
}

TEST_CASE("Parameters that are not of a combined strategy go inside",
          "[partitioned]") {
  CHECK(make_strategy(
            "partitioned",
            {{"parts", "3"}, {"strategy", "k_center"}, {"metric", "cosine"}})
            .needs()
            .has(inputs::embeddings));
  CHECK(error_id([] {
          make_strategy("partitioned",
                        {{"strategy", "k_center"}, {"metric", "manhattan"}});
        }) == "strategy.bad_param");
  CHECK(error_id([] {
          make_strategy("partitioned", {{"parts", "0"}});
        }) == "strategy.bad_param");
  try {
    make_strategy("partitioned", {{"prats", "3"}, {"strategy", "k_center"}});
    FAIL("it does not throw");
  } catch (const Error& error) {
    CHECK(error.id() == "strategy.unknown_param");
    CHECK(error.message() == "k_center has no parameter 'prats'");
    CHECK(error.hint() == "did you mean parts? it has metric, parts, strategy");
  }
}
