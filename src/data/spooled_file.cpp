#include "data/spooled_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdlib.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include <sys/mman.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

namespace quarry::detail {
namespace {

/// A file in `folder` that has no name, or loses it at once where the file
/// system needs one; -1 with errno set.
int open_unnamed(const std::filesystem::path& folder) {
  const int descriptor =
      ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  std::string name = folder / "quarry-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

int make_temporary() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  const int descriptor = error ? -1 : open_unnamed(folder);
  if (descriptor < 0) {
    raise("file.write",
          "a temporary file cannot be made in " + shown(folder) + ": " +
              reason(error ? error.value() : errno),
          "TMPDIR names the folder for temporary files");
  }
  return descriptor;
}

}  // namespace

SpooledFile::SpooledFile(int descriptor) : descriptor_(descriptor) {
  if (descriptor_ < 0) {
    raise("file.write", "there is no memory for a copy in memory");
  }
}

SpooledFile::SpooledFile(const Bytes& bytes)
    : SpooledFile(memfd_create("quarry", MFD_CLOEXEC)) {
  write(bytes.span());
}

SpooledFile::SpooledFile() : SpooledFile(make_temporary()) {}

SpooledFile::~SpooledFile() {
  ::close(descriptor_);
}

void SpooledFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t step = ::write(descriptor_, bytes.data(), bytes.size());
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) {
      raise("file.write",
            "there is no room for a temporary copy: " + reason(errno),
            "TMPDIR names the folder for temporary files");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(step));
    size_ += static_cast<std::uint64_t>(step);
  }
}

std::filesystem::path SpooledFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

Bytes SpooledFile::map() const {
  return read_file(path(), {.map = true}).value();
}

}  // namespace quarry::detail
