#include "data/file_version.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace quarry::detail {
namespace {

// Not tmpfs, where what is written through a memory map need not show, and
// where reading costs little.
constexpr std::array<std::uint64_t, 6> local_kinds = {
    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC,
    F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, 0x2FC12FC1,  // ZFS
};

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

std::chrono::nanoseconds since(const timespec& change) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::nanoseconds(nanoseconds(now) - nanoseconds(change));
}

bool is_local(const std::string& file) {
  struct statfs system {};
  if (::statfs(file.c_str(), &system) != 0) return false;
  const auto kind = static_cast<std::uint32_t>(system.f_type);
  return std::find(local_kinds.begin(), local_kinds.end(), kind) !=
         local_kinds.end();
}

}  // namespace

std::optional<std::string> FileVersions::of(const std::string& file,
                                            std::uint64_t max_bytes) const {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > max_bytes ||
      since(status.st_ctim) <= settled_) {
    return std::nullopt;
  }
  if (status.st_dev != local_.load(std::memory_order_relaxed)) {
    if (!is_local(file)) return std::nullopt;
    local_.store(status.st_dev, std::memory_order_relaxed);
  }
  const std::array<std::int64_t, 5> facts = {
      static_cast<std::int64_t>(status.st_dev),
      static_cast<std::int64_t>(status.st_ino), status.st_size,
      nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
  std::string text;
  for (const std::int64_t fact : facts) text += std::to_string(fact) + ' ';
  return text;
}

}  // namespace quarry::detail
