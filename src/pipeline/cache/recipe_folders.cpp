#include "pipeline/cache/recipe_folders.hpp"

#include <algorithm>
#include <optional>
#include <system_error>
#include <vector>

#include "core/file_lock.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t bytes_of_entry = 128;  // in the index

/// Calls `visit` for every folder in `folder`, if it can be listed.
template <class Visit>
void each_folder(const fs::path& folder, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) visit(entry->path());
  }
}

RecipeFolder look_at(const fs::path& folder) {
  RecipeFolder found{.path = folder};
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const std::uint64_t size = entry->file_size(ignored);
    if (!ignored) found.bytes += size;
  }
  // Whoever writes signs it.
  found.used = fs::last_write_time(folder / "lock", error);
  if (error) found.used = fs::file_time_type::min();
  return found;
}

}  // namespace

std::vector<RecipeFolder> recipe_folders(const fs::path& directory) {
  std::vector<RecipeFolder> folders;
  each_folder(directory, [&](const fs::path& model) {
    each_folder(model, [&](const fs::path& recipe) {
      folders.push_back(look_at(recipe));
    });
  });
  std::sort(folders.begin(), folders.end(),
            [](const RecipeFolder& a, const RecipeFolder& b) {
              return a.used < b.used;
            });
  return folders;
}

bool remove(const RecipeFolder& folder) {
  const std::optional<FileLock> lock = FileLock::attempt(folder.path / "lock");
  if (!lock) return false;
  std::error_code ignored;
  fs::remove_all(folder.path, ignored);
  fs::remove(folder.path.parent_path(), ignored);  // when it is empty
  return true;
}

std::uint64_t bytes_of_rows(std::uint64_t rows,
                            std::size_t row_bytes) noexcept {
  return rows * (row_bytes + bytes_of_entry);
}

std::uint64_t make_room(const PredictionCacheOptions& options,
                        const fs::path& mine) {
  std::uint64_t others = 0;
  std::uint64_t all = 0;
  const std::vector<RecipeFolder> folders = recipe_folders(options.directory);
  for (const RecipeFolder& folder : folders) {
    all += folder.bytes;
    if (folder.path != mine) others += folder.bytes;
  }
  if (all <= options.max_bytes) return others;
  const std::uint64_t wanted = options.max_bytes / 10 * 9;
  for (const RecipeFolder& folder : folders) {
    if (all <= wanted) break;
    if (folder.path == mine || !remove(folder)) continue;
    others -= folder.bytes;
    all -= folder.bytes;
  }
  return others;
}

}  // namespace quarry::detail
