#include "quarry/strategy/row_states.hpp"

#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

constexpr double NA = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

template <class T>
std::vector<T> as(const std::vector<double>& values) {
  std::vector<T> result;
  for (const double value : values) result.push_back(static_cast<T>(value));
  return result;
}

/// The message about a good row followed by `row`.
std::string refusal(const std::vector<double>& row) {
  std::vector<double> p(row.size(), 0.0);
  p[0] = 1.0;
  p.insert(p.end(), row.begin(), row.end());
  const ArrayView view(p.data(), {2, row.size()});
  if (test::error_id([&] { check_probabilities(view); }) != "strategy.bad_row")
    return "";
  return test::error_message([&] { check_probabilities(view); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Rows of probabilities are usable, failed or an error naming the row",
          "[row_states]") {
  const std::vector<double> p = {0.5, 0.5, NA, NA, 1.0, 0.0, 0.25, 0.75};
  const RowStates states = check_probabilities(ArrayView(p.data(), {4, 2}));
  CHECK(states.rows() == 4);
  CHECK(states.failed_count() == 1);
  CHECK(states.failed(1));
  CHECK(states.candidates() == std::vector<std::size_t>{0, 2, 3});

  CHECK(contains(refusal({0.5, 0.4}), "row 1 of probabilities sums to 0.9"));
  CHECK(contains(refusal({NA, 1.0}), "row 1 of probabilities is partly NaN"));
  CHECK(contains(refusal({1.0, NA}), "partly NaN"));
  CHECK(contains(refusal({inf, 0.0}), "infinity"));
  CHECK(contains(refusal({inf, -inf}), "infinity"));
  CHECK(contains(refusal({NA, inf}), "infinity"));
  CHECK(contains(refusal({1.5, -0.5}), "negative number -0.5"));
  CHECK(contains(refusal({0.0, 0.0}), "sums to 0"));
  CHECK(contains(refusal({5.0, 3.0}), "sums to 8"));
}

TEST_CASE("A sum of 1 may miss by a thousandth and no more", "[row_states]") {
  CHECK(refusal({0.5, 0.5009}).empty());
  CHECK(refusal({0.5, 0.4991}).empty());
  CHECK_FALSE(refusal({0.5, 0.5011}).empty());
  CHECK_FALSE(refusal({0.5, 0.4989}).empty());
  CHECK(refusal({-0.0, 1.0}).empty());
}

TEST_CASE("Every float dtype is checked the same", "[row_states]") {
  const std::vector<double> good = {0.5, 0.5, NA, NA};
  const std::vector<double> bad = {0.5, 0.5, NA, 1.0};
  const auto check = [&]<class T>(T) {
    const auto g = as<T>(good);
    const auto b = as<T>(bad);
    CHECK(check_probabilities(ArrayView(g.data(), {2, 2})).failed(1));
    CHECK(test::error_id([&] {
            check_probabilities(ArrayView(b.data(), {2, 2}));
          }) == "strategy.bad_row");
    CHECK(check_finite(ArrayView(g.data(), {2, 2}), "e").failed(1));
    CHECK(test::error_id([&] {
            check_finite(ArrayView(b.data(), {2, 2}), "e");
          }) == "strategy.bad_row");
  };
  check(Half());
  check(0.0F);
  check(0.0);
}

TEST_CASE("A thousand classes in half precision still sum to 1",
          "[row_states]") {
  const std::vector<Half> p(1000, Half(0.001F));
  CHECK(check_probabilities(ArrayView(p.data(), {1, 1000})).failed_count() ==
        0);
}

TEST_CASE("A row of passes fails when it failed in all of them",
          "[row_states]") {
  // [K = 2, N = 2, C = 2]
  const std::vector<double> good = {0.5, 0.5, NA, NA, 1.0, 0.0, NA, NA};
  const RowStates states =
      check_probabilities(ArrayView(good.data(), {2, 2, 2}));
  CHECK(states.rows() == 2);
  CHECK_FALSE(states.failed(0));
  CHECK(states.failed(1));

  for (const std::size_t pass : {0, 1}) {
    std::vector<double> some = good;
    some[pass * 4 + 2] = some[pass * 4 + 3] = 0.5;
    const ArrayView view(some.data(), {2, 2, 2});
    CHECK(contains(test::error_message([&] { check_probabilities(view); }),
                   "row 1 of passes is NaN in some passes only"));
  }
  std::vector<double> bad = good;
  bad[5] = 0.5;
  CHECK(contains(test::error_message([&] {
                   check_probabilities(ArrayView(bad.data(), {2, 2, 2}));
                 }),
                 "row 0 of passes sums to 1.5"));
}

TEST_CASE("Numbers must be finite, or all NaN", "[row_states]") {
  const std::vector<double> e = {-1e300, 2.0, NA, NA};
  CHECK(check_finite(ArrayView(e.data(), {2, 2}), "embeddings").failed(1));
  const std::vector<double> bad = {1.0, 2.0, 3.0, -inf};
  CHECK(contains(test::error_message([&] {
                   check_finite(ArrayView(bad.data(), {2, 2}), "embeddings");
                 }),
                 "row 1 of embeddings holds an infinity"));
}

TEST_CASE("What is no array of rows is refused by its shape", "[row_states]") {
  const std::vector<double> x(8, 0.5);
  const std::vector<std::int64_t> whole(8, 1);
  const auto id = [](const ArrayView& view) {
    return test::error_id([&] { check_probabilities(view); });
  };
  CHECK(id(ArrayView()) == "strategy.input_shape");
  CHECK(id(ArrayView(x.data(), {8})) == "strategy.input_shape");
  CHECK(id(ArrayView(x.data(), {4, 0})) == "strategy.input_shape");
  CHECK(id(ArrayView(x.data(), {0, 4, 2})) == "strategy.input_shape");
  CHECK(id(ArrayView(x.data(), {2, 2, 2, 1})) == "strategy.input_shape");
  CHECK(id(ArrayView(whole.data(), {4, 2})) == "strategy.input_shape");
  CHECK(contains(test::error_message([&] {
                   check_finite(ArrayView(whole.data(), {4, 2}), "embeddings");
                 }),
                 "embeddings holds no floating-point numbers: it is i8"));
  CHECK(check_probabilities(ArrayView(x.data(), {0, 3})).rows() == 0);
}

TEST_CASE("Candidates are what neither failed nor is labelled",
          "[row_states]") {
  RowStates states(5);
  states.mark_failed(1);
  RowStates other(5);
  other.mark_failed(4);
  states.merge(other);
  CHECK(states.failed_count() == 2);
  const std::vector<std::size_t> labelled = {4, 0};
  CHECK(states.candidates(labelled) == std::vector<std::size_t>{2, 3});
  CHECK(states.usable(labelled) == std::vector<std::size_t>{0});
  const std::vector<std::size_t> outside = {5};
  CHECK(test::error_id([&] { states.usable(outside); }) ==
        "strategy.bad_row_number");
  CHECK(test::error_id([&] { states.candidates(outside); }) ==
        "strategy.bad_row_number");
  CHECK(test::error_id([&] { states.merge(RowStates(4)); }) ==
        "contract.violated");
}
