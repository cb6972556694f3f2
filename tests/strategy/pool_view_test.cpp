#include "quarry/strategy/pool_view.hpp"

#include <limits>
#include <vector>

#include "quarry/strategy/needs.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "pools.hpp"

using namespace quarry;

namespace {

constexpr double failed = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> numbers(24, 0.5);

std::string id_of(std::string_view name, const ArrayView& array) {
  return test::error_id([&] { test::pool_of(4, {{name, array}}); });
}

/// The id of the error of a pool of 4 rows of which only these are known.
std::string id_of_rows(std::vector<std::size_t> candidates,
                       std::vector<std::size_t> labelled,
                       std::vector<std::int64_t> labels = {}) {
  return test::error_id([&] {
    PoolView({.rows = 4,
              .candidates = std::move(candidates),
              .labelled = std::move(labelled),
              .keys = row_keys(4, 0),
              .labels = std::move(labels)});
  });
}

}  // namespace

TEST_CASE("A pool hands out its inputs by name", "[pool_view]") {
  const PoolView pool = test::pool_of(
      4, {{inputs::probabilities, ArrayView(numbers.data(), {4, 2})},
          {"head", ArrayView(numbers.data(), {2, 3})}});
  CHECK(pool.rows() == 4);
  CHECK(pool.has("head"));
  CHECK_FALSE(pool.has(inputs::embeddings));
  CHECK(pool.input("head").cols() == 3);
  const auto ask = [&] {
    pool.input(inputs::embeddings);
  };
  CHECK(test::error_id(ask) == "strategy.missing_input");
  CHECK(test::error_message(ask) ==
        "the strategy needs the input 'embeddings'; given: probabilities f8 "
        "[4, 2], head f8 [2, 3]");
}

TEST_CASE("The three inputs of every pool must cover its rows", "[pool_view]") {
  const double* x = numbers.data();
  CHECK(id_of(inputs::probabilities, ArrayView(x, {4, 2})).empty());
  CHECK(id_of(inputs::embeddings, ArrayView(x, {4, 5})).empty());
  CHECK(id_of(inputs::passes, ArrayView(x, {3, 4, 2})).empty());
  CHECK(id_of("similarity", ArrayView(x, {7})).empty());

  CHECK(id_of(inputs::probabilities, ArrayView(x, {3, 2})) ==
        "strategy.input_shape");
  CHECK(id_of(inputs::probabilities, ArrayView(x, {3, 4, 2})) ==
        "strategy.input_shape");
  CHECK(id_of(inputs::passes, ArrayView(x, {4, 2})) == "strategy.input_shape");
  CHECK(id_of(inputs::passes, ArrayView(x, {4, 3, 2})) ==
        "strategy.input_shape");
  CHECK(id_of(inputs::embeddings, ArrayView(x, {4})) == "strategy.input_shape");
  CHECK(id_of(inputs::embeddings, ArrayView(x, {4, 0})) ==
        "strategy.input_shape");
  const std::vector<int> whole(8, 1);
  CHECK(id_of(inputs::embeddings, ArrayView(whole.data(), {4, 2})) ==
        "strategy.input_shape");
}

TEST_CASE("A pool's row numbers exist, ascend and are in one list only",
          "[pool_view]") {
  CHECK(id_of_rows({0, 3}, {1}).empty());
  CHECK(id_of_rows({}, {}).empty());
  CHECK(id_of_rows({4}, {}) == "strategy.bad_row_number");
  CHECK(id_of_rows({}, {1, 4}) == "strategy.bad_row_number");
  CHECK(id_of_rows({2, 1}, {}) == "contract.violated");
  CHECK(id_of_rows({1, 1}, {}) == "contract.violated");
  CHECK(id_of_rows({0, 2}, {1, 2}) == "contract.violated");
  CHECK(id_of_rows({0}, {1, 2}, {7, -1}).empty());
  CHECK(id_of_rows({0}, {1, 2}, {7}) == "contract.violated");
}

TEST_CASE("Candidates and labelled rows are fit to be used, others need not",
          "[pool_view]") {
  const std::vector<double> p = {0.5, 0.5, failed, failed, 1.0, 0.0, 0.3, 0.3};
  const auto make = [&](std::vector<std::size_t> candidates,
                        std::vector<std::size_t> labelled) {
    return test::error_message([&] {
      PoolView(
          {.rows = 4,
           .inputs = {{inputs::probabilities, ArrayView(p.data(), {4, 2})}},
           .candidates = std::move(candidates),
           .labelled = std::move(labelled),
           .keys = row_keys(4, 0)});
    });
  };
  CHECK(make({0, 2}, {}).empty());
  CHECK(make({0, 1}, {}) ==
        "row 1 of probabilities is all NaN: a sample that failed");
  CHECK(make({0}, {3}) == "row 3 of probabilities sums to 0.6 instead of 1");
}

TEST_CASE("A pool with fewer candidates is the same in all else",
          "[pool_view]") {
  const double* x = numbers.data();
  const PoolView pool({.rows = 4,
                       .inputs = {{inputs::embeddings, ArrayView(x, {4, 2})}},
                       .candidates = {0, 1, 3},
                       .labelled = {2},
                       .keys = row_keys(4, 0),
                       .labels = {5}});
  const PoolView part = pool.with_candidates({0, 3});
  CHECK(part.candidates().size() == 2);
  CHECK(part.candidates()[1] == 3);
  CHECK(part.rows() == 4);
  CHECK(part.labelled()[0] == 2);
  CHECK(part.labels()[0] == 5);
  CHECK(part.keys().data() == pool.keys().data());
  CHECK(part.input(inputs::embeddings).data() == x);
  CHECK(part.with_candidates({}).candidates().empty());
  CHECK(pool.candidates().size() == 3);
  for (const std::vector<std::size_t>& rows :
       std::vector<std::vector<std::size_t>>{{2}, {3, 0}, {0, 0}, {4}}) {
    CHECK(test::error_id([&] { pool.with_candidates(rows); }) ==
          "contract.violated");
  }
}

TEST_CASE("Rows without ids have keys of their own that depend on the seed",
          "[pool_view]") {
  const auto keys = row_keys(3, 5);
  CHECK(keys[0] == seeded_hash(5, "0"));
  CHECK(keys[2] == seeded_hash(5, "2"));
  CHECK(keys != row_keys(3, 6));
  CHECK(row_keys(0, 5).empty());
}
