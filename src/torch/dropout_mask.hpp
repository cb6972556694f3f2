#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <ATen/core/symbol.h>

namespace quarry::detail {

/// What `x`, of which the first dimension is the batch, is multiplied with in
/// one pass: 0 with probability p, else 1 / (1 - p). It is the same in every
/// row, and in all of a channel (the second dimension) where `channels` says
/// so. A function of p, layer, seed, pass and shape alone, on every machine.
at::Tensor dropout_mask(const at::Tensor& x, double p, std::int64_t layer,
                        std::int64_t seed, std::int64_t pass, bool channels);

/// Stands for a mask until it is known whose: the operator
/// `quarry::dropout_place(x, p, number, channels)` of TorchScript, which gives
/// `x`.
c10::Symbol dropout_place_symbol();

/// `dropout_mask` as the operator `quarry::dropout_mask` of TorchScript, which
/// the first call registers.
c10::Symbol dropout_mask_symbol();

}  // namespace quarry::detail
