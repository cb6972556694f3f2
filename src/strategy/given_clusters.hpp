#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "quarry/strategy/diversity/clusterer.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The cluster of each of `rows`, from the input `clusters` `[N]`: whole
/// numbers from 0 of any dtype. Raises `strategy.input_shape`, and
/// `strategy.bad_row` for a row whose number is not one.
std::vector<std::int64_t> given_clusters(const PoolView& pool,
                                         std::span<const std::size_t> rows);

/// Those, or where the pool has none the clusters that `cluster` finds; nothing
/// when it was asked to stop.
std::optional<std::vector<std::int64_t>> clusters_of(
    std::span<const std::size_t> rows, const ClusterTask& task,
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster);

}  // namespace quarry::detail
