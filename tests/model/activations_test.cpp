#include "quarry/model/detail/activations.hpp"

#include <cmath>

#include "catch.hpp"

using namespace quarry;

TEST_CASE("softmax sums to one and keeps large logits finite") {
  Matrix logits(3, 3);
  logits << 1, 2, 3,  //
      1000, 1000, -1000, -5e37F, 0, 5e37F;
  const Matrix p = detail::probabilities_of(logits, Task::multiclass);
  const double sum = std::exp(1) + std::exp(2) + std::exp(3);
  for (int c = 0; c < 3; ++c) {
    CHECK(p(0, c) == Approx(std::exp(c + 1) / sum).epsilon(1e-6));
  }
  CHECK(p(1, 0) == 0.5F);
  CHECK(p(1, 2) == 0.0F);
  CHECK(p(2, 2) == 1.0F);
}

TEST_CASE("the task decides what probabilities are") {
  Matrix logits(1, 3);
  logits << -2, 0, 400;
  const Matrix p = detail::probabilities_of(logits, Task::multilabel);
  CHECK(p(0, 0) == Approx(1 / (1 + std::exp(2.0))).epsilon(1e-6));
  CHECK(p(0, 1) == 0.5F);
  CHECK(p(0, 2) == 1.0F);
  CHECK(detail::probabilities_of(logits, Task::regression) == logits);
}

TEST_CASE("a NaN among the logits does not look like a probability") {
  Matrix logits(2, 2);
  logits << 0, std::nanf(""), 0, 0;
  const Matrix p = detail::probabilities_of(logits, Task::multiclass);
  CHECK(std::isnan(p(0, 0)));
  CHECK(std::isnan(p(0, 1)));
  CHECK(p(1, 0) == 0.5F);
}
