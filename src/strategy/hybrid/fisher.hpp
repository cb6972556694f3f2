#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

using Square = RowMatrix<double>;

/// A row's probabilities and embedding, in double.
struct FisherRow {
  std::vector<double> p;
  std::vector<double> h;
};

FisherRow fisher_row(const PoolView& pool, std::size_t row);

/// Σ_x (diag(p) − p pᵀ) ⊗ h hᵀ over the rows, `[C D, C D]`: classes outside,
/// features inside.
Square fisher_sum(const PoolView& pool, std::span<const std::size_t> rows);

/// The factor V `[C, C D]` of a row, (diag(p) − p pᵀ) ⊗ h hᵀ = Vᵀ V: row c is
/// sqrt(p_c) (e_c − p) ⊗ h.
Square fisher_factor(const FisherRow& row);

/// What a row's factor makes of a square matrix M `[C D, C D]`: V M Vᵀ
/// `[C, C]`, from B, the hᵀ M_ij h of the blocks of M.
Square projected(const std::vector<double>& p, const double* blocks);

}  // namespace quarry::detail
