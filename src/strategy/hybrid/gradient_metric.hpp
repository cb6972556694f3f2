#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/kernels/squared_sampling.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The distances of the gradients g = a ⊗ h, a = p − onehot ŷ, of a pool's
/// candidates (see `Badge`).
class GradientMetric : public kernels::SquaredMetric {
 public:
  GradientMetric(const PoolView& pool, std::size_t threads,
                 const std::function<Flow()>& go_on);

  static std::size_t bytes(const PoolView& pool, std::size_t threads);

  std::size_t size() const { return embeddings_.size(); }
  /// ‖g_i‖².
  double squared_norm(std::size_t i) const { return norms_[i]; }
  double between(std::size_t i, std::size_t j) override;
  Flow cover(std::span<const std::size_t> centres,
             std::span<double> squared) override;

 private:
  /// The two factors of a gradient.
  struct Factors {
    std::vector<double> a, h;
  };
  void read(std::size_t i, Factors& factors) const;

  kernels::RowSet embeddings_;    // h
  kernels::RowSet errors_;        // a
  std::vector<double> norms_;     // ‖a‖² ‖h‖²
  std::vector<double> products_;  // ⟨h_i, h_c⟩ of some rows
  Factors x_, y_;                 // of two rows
  std::size_t at_;                // which one `x_` is of
  std::size_t threads_;
  const std::function<Flow()>& go_on_;
};

}  // namespace quarry::detail
