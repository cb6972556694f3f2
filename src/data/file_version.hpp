#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace quarry::detail {

/// Tells which bytes local files hold without opening them. Thread-safe.
class FileVersions {
 public:
  /// `settled`: how long ago a file must have changed. By default more than the
  /// ticks of any clock that a local file system has.
  explicit FileVersions(
      std::chrono::nanoseconds settled = std::chrono::seconds(2))
      : settled_(settled) {}

  /// Device, inode, size and times of the file that the name leads to. Of these
  /// the kernel sets the time of change, which nobody can set back: it passes
  /// whenever anything is written or renamed, but for what a memory map writes
  /// to a page before the kernel has written that back. Nothing
  ///
  /// - for what is no regular file, or larger than may be read;
  /// - when it changed a moment ago: a clock ticks some hundred times a second,
  ///   and a second change within a tick would not show;
  /// - on a file system that does not keep that time as Linux does: one of a
  ///   network, with a clock of its own, or an image whose times are made up.
  std::optional<std::string> of(const std::string& file,
                                std::uint64_t max_bytes) const;

 private:
  std::chrono::nanoseconds settled_;
  /// The device that was found to be local last.
  mutable std::atomic<std::uint64_t> local_ = 0;
};

}  // namespace quarry::detail
