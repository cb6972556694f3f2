#include "quarry/strategy/submodular/log_det.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"

namespace quarry {

void LogDetFunction::Options::validate() const {
  detail::expect_option(std::isfinite(lambda) && lambda >= 0.0, "lambda",
                        lambda, "finite and at least 0");
}

LogDetFunction::LogDetFunction(const Similarity& similarity, Options options,
                               std::size_t threads)
    : similarity_(similarity), lambda_(options.lambda), threads_(threads) {
  options.validate();
  for (const std::size_t row : similarity.ground()) {
    left_.push_back(similarity.self(row) + lambda_);
  }
}

std::size_t LogDetFunction::bytes(std::size_t ground, std::size_t picks) {
  return (picks + 1) * ground * sizeof(double);
}

double LogDetFunction::gain(std::size_t row) const {
  const double left = left_[similarity_.place(row)];
  return left > 0.0 ? std::log(left) : -std::numeric_limits<double>::infinity();
}

void LogDetFunction::add(std::size_t row) {
  const std::size_t pivot = similarity_.place(row);
  if (!(left_[pivot] > 0.0)) return;  // spanned: it explains nothing more
  const double root = std::sqrt(left_[pivot]);
  std::vector<double> column = similarity_.row(row, threads_);
  column[pivot] += lambda_;
  constexpr std::size_t block = 2048;
  detail::parallel_blocks(
      column.size(), block,
      detail::threads_worth(threads_, column.size() * (factor_.size() + 1)),
      [&](std::size_t first, std::size_t last) {
        for (const std::vector<double>& earlier : factor_) {
          const double scale = earlier[pivot];
          for (std::size_t j = first; j < last; ++j) {
            column[j] -= scale * earlier[j];
          }
        }
        for (std::size_t j = first; j < last; ++j) {
          column[j] /= root;
          left_[j] -= column[j] * column[j];
        }
      });
  factor_.push_back(std::move(column));
}

}  // namespace quarry
