#include "strategy/uniforms.hpp"

#include <algorithm>
#include <span>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry::detail {

Uniforms::Uniforms(const PoolView& pool, const RandomStream& random,
                   std::string_view name, std::size_t draws)
    : random_(random.derive(name)) {
  if (!pool.has(inputs::uniforms)) return;
  given_ = pool.input(inputs::uniforms);
  if (!is_float(given_->dtype()) || given_->rank() != 1 ||
      given_->rows() < draws) {
    raise("strategy.input_shape",
          "uniforms must be f2, f4 or f8 and hold a number for each of the " +
              std::to_string(draws) + " draws, not " + given_->describe());
  }
  for (std::size_t i = 0; i < draws; ++i) {
    const double u = given(i);
    if (u >= 0.0 && u < 1.0) continue;
    raise("strategy.bad_row",
          "row " + std::to_string(i) + " of uniforms is " + std::to_string(u),
          "numbers to draw by are at least 0 and below 1");
  }
}

double Uniforms::next() {
  return given_ ? given(taken_++) : random_.uniform();
}

std::size_t Uniforms::below(std::size_t count) {
  const double place = next() * static_cast<double>(count);
  return std::min(static_cast<std::size_t>(place), count - 1);
}

double Uniforms::given(std::size_t i) const {
  double u = 0.0;
  given_->read_row(i, std::span(&u, 1));
  return u;
}

std::size_t inverse_cdf(std::span<const double> weights, double total,
                        double u) {
  double sum = 0.0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > 0.0)) continue;
    last = i;
    sum += weights[i];
    if (sum / total >= u) break;
  }
  return last;
}

}  // namespace quarry::detail
