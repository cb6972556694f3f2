#include "data/spooled_file.hpp"

#include <string>
#include <unistd.h>

#include <sys/mman.h>

#include "quarry/core/error.hpp"

namespace quarry::detail {

SpooledFile::SpooledFile(const Bytes& bytes)
    : descriptor_(memfd_create("quarry", MFD_CLOEXEC)) {
  std::size_t written = 0;
  while (descriptor_ >= 0 && written < bytes.size()) {
    const ssize_t step =
        ::write(descriptor_, bytes.data() + written, bytes.size() - written);
    if (step <= 0) break;
    written += static_cast<std::size_t>(step);
  }
  if (descriptor_ < 0 || written < bytes.size()) {
    if (descriptor_ >= 0) ::close(descriptor_);
    raise("file.write", "there is no memory for a list from the network");
  }
}

SpooledFile::~SpooledFile() {
  ::close(descriptor_);
}

std::filesystem::path SpooledFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace quarry::detail
