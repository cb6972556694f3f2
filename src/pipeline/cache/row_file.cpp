#include "pipeline/cache/row_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  raise("cache.write", "cannot write " + shown(file) + ": " + reason(error),
        "free space, or name another workspace");
}

}  // namespace

RowFile::RowFile(const std::filesystem::path& file, std::size_t row_bytes,
                 bool writes)
    : file_(file),
      row_bytes_(row_bytes),
      descriptor_(::open(file.c_str(),
                         (writes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC,
                         0600)) {
  if (descriptor_.number() >= 0) return;
  const int error = errno;
  raise("cache.unusable", "cannot open " + shown(file) + ": " + reason(error));
}

void RowFile::write(std::span<const std::byte> rows, std::uint64_t first) {
  auto offset = static_cast<off_t>(first * row_bytes_);
  while (!rows.empty()) {
    const ssize_t count =
        ::pwrite(descriptor_.number(), rows.data(), rows.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(file_, count < 0 ? errno : ENOSPC);
    rows = rows.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
}

void RowFile::sync() {
  while (::fdatasync(descriptor_.number()) != 0) {
    if (errno != EINTR) fail(file_, errno);
  }
}

bool RowFile::read(std::uint64_t row, std::span<std::byte> out) const noexcept {
  auto offset = static_cast<off_t>(row * row_bytes_);
  while (!out.empty()) {
    const ssize_t count =
        ::pread(descriptor_.number(), out.data(), out.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
  return true;
}

bool read_sound(const RowFile& rows, const KeptRow& at, const std::string& key,
                std::span<std::byte> out) {
  return rows.read(at.row, out) && digest_of_row(key, out) == at.digest;
}

}  // namespace quarry::detail
