#pragma once

#include <cstdint>
#include <string_view>

#include "data/shard_file.hpp"
#include "data/shard_index.hpp"

namespace quarry::detail {

/// Headers and contents begin at multiples of it.
inline constexpr std::uint64_t tar_block = 512;

/// Finds the members of a tar archive by its headers: all regular files that
/// are not hidden, those that say the truth of others too. Everything else is
/// ignored and counted. See `TarSource` for groups, sparse members and damage.
///
/// Raises `source.format` for what is no tar archive, and what reading raises.
ShardIndex scan_tar(const ShardFile& file);

/// Whether a member says the truth of others: `.cls`, `.json`.
bool is_truth_member(std::string_view name);

}  // namespace quarry::detail
