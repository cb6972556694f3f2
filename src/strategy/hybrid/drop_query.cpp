#include "quarry/strategy/hybrid/drop_query.hpp"

#include <cmath>
#include <optional>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"

#include "strategy/linear_head.hpp"
#include "strategy/row_scorer.hpp"

namespace quarry {

void DropQueryOptions::validate() const {
  using detail::expect_option;
  detail::expect_at_least_one("passes", passes);
  expect_option(rate >= 0.0 && rate <= 1.0, "rate", rate, "from 0 to 1");
  expect_option(threshold >= 0.0 && threshold <= 1.0, "threshold", threshold,
                "from 0 to 1");
  expect_option(std::isfinite(scale) && scale > 0.0, "scale", scale,
                "finite and above 0");
}

namespace detail {
namespace {

/// Which features are dropped.
class Masks {
 public:
  Masks(const DropQueryOptions& options, const PoolView& pool,
        const RandomStream& random)
      : rate_(options.rate),
        passes_(options.passes),
        pool_(pool),
        random_(random.derive("drop_query")) {
    if (!pool.has(inputs::dropout_masks)) return;
    given_ = pool.input(inputs::dropout_masks);
    passes_ = given_->rows();
    const std::size_t width = pool.input(inputs::embeddings).cols();
    if (given_->rank() == 3 && passes_ > 0 &&
        given_->shape()[1] == pool.rows() && given_->shape()[2] == width) {
      return;
    }
    raise("strategy.input_shape",
          "dropout_masks is " + given_->describe() + ", but must be [K, " +
              std::to_string(pool.rows()) + ", " + std::to_string(width) +
              "]: a number for each feature of each row in each pass");
  }

  std::size_t passes() const { return passes_; }
  /// Calls `visit(mask)` for each pass; what is not 0 is dropped.
  void for_each(std::size_t row, std::span<double> mask,
                const auto& visit) const {
    RandomStream random = random_.derive(pool_.key(row));
    for (std::size_t k = 0; k < passes_; ++k) {
      if (given_) {
        given_->slab(k).read_row(row, mask);
      } else {
        for (double& dropped : mask) dropped = random.uniform() < rate_;
      }
      visit(mask);
    }
  }

 private:
  double rate_;
  std::size_t passes_;
  const PoolView& pool_;
  RandomStream random_;
  std::optional<ArrayView> given_;
};

}  // namespace

FilteredRows Dropping::score(const DropQueryOptions& options,
                             const PoolView& pool, SelectContext& context) {
  const LinearHead head(pool);
  const Masks masks(options, pool, context.random);
  const auto make = [&] {
    return [&, logits = std::vector<double>(head.classes()),
            mask = std::vector<double>(head.width()),
            kept = std::vector<double>(head.width())](
               std::size_t row, std::span<const double> h) mutable {
      head.logits(h, logits);
      const std::size_t clean = favoured(logits);
      std::size_t others = 0;
      masks.for_each(row, mask, [&](std::span<const double> dropped) {
        for (std::size_t d = 0; d < h.size(); ++d) {
          kept[d] = dropped[d] != 0.0 ? 0.0 : options.scale * h[d];
        }
        head.logits(kept, logits);
        others += favoured(logits) != clean;
      });
      return static_cast<double>(others) / static_cast<double>(masks.passes());
    };
  };
  return {.scores = score_rows(pool, context, make),
          .threshold = options.threshold};
}

std::size_t Dropping::bytes(const PoolView& pool, std::size_t threads) {
  const std::size_t width = pool.input(inputs::embeddings).cols();
  const std::size_t classes = pool.input(inputs::head_weight).rows();
  return LinearHead::bytes(pool) +
         threads * (3 * width + classes) * sizeof(double);
}

}  // namespace detail

}  // namespace quarry
