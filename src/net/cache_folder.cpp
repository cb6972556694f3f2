#include "net/cache_folder.hpp"

#include <cerrno>
#include <system_error>

#include <sys/stat.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {

void make_cache_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  if (folder.has_parent_path()) {
    std::filesystem::create_directories(folder.parent_path(), error);
  }
  if (::mkdir(folder.c_str(), 0700) == 0) return;
  const int number = errno;
  if (std::filesystem::is_directory(folder, error)) return;
  raise("cache.unusable",
        "cannot make the folder " + shown(folder) + ": " + reason(number),
        "name another folder for the cache");
}

void remove_database(const std::filesystem::path& file) noexcept {
  for (const char* ending : {"", "-wal", "-shm"})
    ::unlink((file.native() + ending).c_str());
}

}  // namespace quarry::detail
