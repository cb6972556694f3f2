#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "quarry/pipeline/prediction_cache_options.hpp"

namespace quarry::detail {

/// A folder with the predictions of one recipe.
struct RecipeFolder {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::filesystem::file_time_type used = {};
};

/// All in a directory of predictions, those first that were not used for
/// longest.
std::vector<RecipeFolder> recipe_folders(
    const std::filesystem::path& directory);

/// False when a process writes there.
bool remove(const RecipeFolder& folder);

/// What so many rows take on disk, their index with them.
std::uint64_t bytes_of_rows(std::uint64_t rows, std::size_t row_bytes) noexcept;

/// Removes folders that were not used for longest while the directory takes
/// more than it may, but neither `mine` nor one that a process writes. Returns
/// what all others take then.
std::uint64_t make_room(const PredictionCacheOptions& options,
                        const std::filesystem::path& mine);

}  // namespace quarry::detail
