#include "pipeline/scratch_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "core/numbers.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

/// That for temporary files which may be large: /tmp is often memory.
fs::path system_directory() {
  const char* const named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

}  // namespace

ScratchFile::ScratchFile(const fs::path& directory, std::uint64_t bytes,
                         std::string what)
    : directory_(directory.empty() ? system_directory() : directory),
      bytes_(bytes),
      what_(std::move(what)) {
  std::error_code failed;
  fs::create_directories(directory_, failed);
  if (failed) refuse(failed.message());
  // Not every file system can promise space.
  const fs::space_info space = fs::space(directory_, failed);
  if (!failed && space.available < bytes)
    refuse("only " + grouped(space.available) + " bytes are free");
  std::string name = (directory_ / ".quarry-scratch-XXXXXX").string();
  descriptor_ = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (descriptor_.number() < 0) refuse(reason(errno));
  ::unlink(name.c_str());
  if (const int error = claim(descriptor_, bytes)) refuse(reason(error));
}

void ScratchFile::write(std::span<const std::byte> bytes,
                        std::uint64_t offset) {
  if (const int error = write_at(descriptor_, bytes, offset))
    refuse(reason(error));
}

Bytes ScratchFile::map() const {
  Bytes bytes = map_bytes(descriptor_, static_cast<std::size_t>(bytes_));
  if (bytes.empty()) refuse("the system refuses to map a file");
  return bytes;
}

void ScratchFile::refuse(const std::string& why) const {
  raise("pipeline.scratch",
        "cannot keep " + what_ + ", " + grouped(bytes_) + " bytes, in " +
            quoted(directory_) + ": " + why,
        "make room there, name another folder (scratch; --workspace of the "
        "program), or allow more memory for it (input_memory)");
}

}  // namespace quarry::detail
