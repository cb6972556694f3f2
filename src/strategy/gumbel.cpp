#include "strategy/gumbel.hpp"

#include <cmath>
#include <span>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry::detail {

Gumbel::Gumbel(const PoolView& pool, const RandomStream& random)
    : pool_(pool), random_(random.derive("gumbel")) {
  if (!pool.has(inputs::gumbel)) return;
  given_ = pool.input(inputs::gumbel);
  if (!is_float(given_->dtype()) || given_->rank() != 1 ||
      given_->rows() != pool.rows()) {
    raise("strategy.input_shape",
          "gumbel must be f2, f4 or f8 [N], a number for each of the " +
              std::to_string(pool.rows()) + " rows, not " + given_->describe());
  }
  for (const std::size_t row : pool.candidates()) of(row);
}

double Gumbel::of(std::size_t row) const {
  if (given_) {
    double value = 0.0;
    given_->read_row(row, std::span(&value, 1));
    if (std::isfinite(value)) return value;
    raise("strategy.bad_row",
          "row " + std::to_string(row) + " of gumbel is not a finite number",
          "draw it as -ln(-ln(u)), with u between 0 and 1 and neither of "
          "them");
  }
  return random_.derive(pool_.key(row)).gumbel();
}

}  // namespace quarry::detail
