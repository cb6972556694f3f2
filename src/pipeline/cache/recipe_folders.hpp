#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

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

/// Removes what Quarry has put there; false when a process writes there, or
/// something stays.
bool remove(const RecipeFolder& folder) noexcept;

/// What so many rows take on disk, their index with them.
std::uint64_t bytes_of_rows(std::uint64_t rows, std::size_t row_bytes) noexcept;
/// What so many versions take in the index.
std::uint64_t bytes_of_versions(std::uint64_t versions) noexcept;

/// Removes folders that were not used for longest while all but `mine` take
/// more than `most` bytes, but none that a process writes. Returns what they
/// take then.
std::uint64_t make_room(const std::filesystem::path& directory,
                        const std::filesystem::path& mine, std::uint64_t most);

}  // namespace quarry::detail
