#include "pipeline/cache/recipe_folders.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "core/file_lock.hpp"
#include "net/cache_folder.hpp"
#include "pipeline/cache/recipe.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

// In the index:
constexpr std::uint64_t bytes_of_entry = 128;
constexpr std::uint64_t bytes_of_version = 160;

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

/// Whether a folder is named as ours are: what is not is left alone.
bool is_id(const fs::path& folder) {
  const std::string name = folder.filename();
  return name.size() == recipe_digits &&
         name.find_first_not_of("0123456789abcdef") == name.npos;
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
    if (!is_id(model)) return;
    each_folder(model, [&](const fs::path& recipe) {
      if (is_id(recipe)) folders.push_back(look_at(recipe));
    });
  });
  std::sort(folders.begin(), folders.end(),
            [](const RecipeFolder& a, const RecipeFolder& b) {
              return a.used < b.used;
            });
  return folders;
}

bool remove(const RecipeFolder& folder) noexcept {
  try {
    const std::optional<FileLock> lock =
        FileLock::attempt(folder.path / "lock");
    if (!lock) return false;
    remove_database(folder.path / "index.db");
    std::error_code error;
    for (const char* name : {"rows", "recipe.json", "lock"})
      fs::remove(folder.path / name, error);
    for (fs::directory_iterator entry(folder.path, error), end;
         !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      const std::string name = entry->path().filename();
      // What a killed process has left of a file that had no name yet.
      if (name.starts_with(".quarry-")) fs::remove(entry->path(), ignored);
    }
    fs::remove(folder.path, error);
    const bool gone = !error;
    fs::remove(folder.path.parent_path(), error);  // when it is empty
    return gone;
  } catch (const std::exception&) {
    return false;
  }
}

std::uint64_t bytes_of_rows(std::uint64_t rows,
                            std::size_t row_bytes) noexcept {
  return rows * (row_bytes + bytes_of_entry);
}

std::uint64_t bytes_of_versions(std::uint64_t versions) noexcept {
  return versions * bytes_of_version;
}

std::uint64_t make_room(const fs::path& directory, const fs::path& mine,
                        std::uint64_t most) {
  std::uint64_t others = 0;
  const std::vector<RecipeFolder> folders = recipe_folders(directory);
  for (const RecipeFolder& folder : folders)
    if (folder.path != mine) others += folder.bytes;
  if (others <= most) return others;
  for (const RecipeFolder& folder : folders) {
    // More than needed, so that not every flush has to look.
    if (others <= most / 10 * 9) break;
    if (folder.path != mine && remove(folder)) others -= folder.bytes;
  }
  return others;
}

}  // namespace quarry::detail
