#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/kernels/squared_sampling.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_outer.hpp"

namespace quarry::detail {

/// The distances of the gradients g = a ⊗ h, a = p − onehot ŷ, of a pool's
/// candidates (see `Badge`).
class GradientMetric : public kernels::SquaredMetric {
 public:
  /// With a device it is the one that tells which rows a centre may be nearer
  /// to; the distances of these are computed here.
  GradientMetric(const PoolView& pool, std::size_t threads,
                 const std::function<Flow()>& go_on, SelectDevice* device);

  /// What it allocates, and what besides with a device.
  static std::size_t bytes(const PoolView& pool, std::size_t threads);
  static std::size_t device_bytes(const PoolView& pool);

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
  /// `cover` of some rows, with distances of their own.
  Flow cover_some(std::span<const std::size_t> rows,
                  std::span<const std::size_t> centres,
                  std::span<double> squared);
  Flow cover_rows(const kernels::RowSet& embeddings,
                  const kernels::RowSet& errors,
                  std::span<const std::size_t> centres,
                  std::span<double> squared);
  /// `cover` but for the centres' own distances.
  Flow cover_by_device(std::span<const std::size_t> centres,
                       std::span<double> squared);

  kernels::RowSet embeddings_;    // h
  kernels::RowSet errors_;        // a
  std::vector<double> norms_;     // ‖a‖² ‖h‖²
  std::vector<double> products_;  // ⟨h_i, h_c⟩ of some rows
  Factors x_, y_;                 // of two rows
  std::size_t at_;                // which one `x_` is of
  std::size_t threads_;
  const std::function<Flow()>& go_on_;
  std::optional<kernels::DeviceOuter> device_;
};

}  // namespace quarry::detail
