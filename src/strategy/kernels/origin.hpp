#pragma once

#include <span>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::kernels {

/// The mean of a thousand rows at most, when it is far from the origin compared
/// with how far they are from it; nothing otherwise.
std::vector<double> far_mean(const RowSet& rows);

/// The rows less that, which lives as long as they do; as they are where it is
/// empty.
RowSet about(const RowSet& rows, std::span<const double> origin);

}  // namespace quarry::kernels
