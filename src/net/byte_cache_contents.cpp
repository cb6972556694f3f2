#include "quarry/net/byte_cache_contents.hpp"

#include <cstddef>
#include <limits>
#include <system_error>

#include "core/file_lock.hpp"
#include "net/body_files.hpp"
#include "net/byte_cache.hpp"
#include "net/cache_folder.hpp"
#include "net/cache_index.hpp"

namespace quarry {

namespace fs = std::filesystem;

ByteCacheContents inspect_byte_cache(const fs::path& directory, bool verify) {
  ByteCacheContents contents;
  std::error_code error;
  const fs::path file = directory / detail::byte_cache_index;
  if (!fs::exists(file, error)) return contents;
  auto index = detail::open_for_reading<detail::CacheIndex>(file);
  const detail::BodyFiles files(directory / detail::byte_cache_objects);
  constexpr auto all = std::numeric_limits<std::int64_t>::max();
  for (const auto& body : index.oldest(static_cast<std::size_t>(all))) {
    ++contents.copies;
    contents.bytes += body.size;
    if (verify && !files.read(body.hash, body.size).bytes) ++contents.damaged;
  }
  return contents;
}

void clear_byte_cache(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory / "lock", error)) return;
  const auto lock = detail::FileLock::wait(directory / "lock");
  detail::remove_database(directory / detail::byte_cache_index);
  detail::BodyFiles(directory / detail::byte_cache_objects).clear();
}

}  // namespace quarry
