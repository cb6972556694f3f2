#include "core/posix_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

// Linux moves at most 2 GiB a call.
constexpr std::size_t max_transfer = std::size_t{1} << 30;

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "no regular file";
}

Failure not_regular(const fs::path& file, mode_t mode) {
  return {"file.not_regular",
          quoted(file) + " is " + std::string(kind_of(mode)),
          "a regular file is needed here"};
}

Failure open_failure(const fs::path& file, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: {
      std::error_code ignored;
      const fs::path link = fs::read_symlink(file, ignored);
      if (link.empty())
        return {"file.not_found", "there is no file " + quoted(file)};
      return {"file.not_found", quoted(file) + " is a link to " + quoted(link) +
                                    ", which does not exist"};
    }
    case EACCES:
    case EPERM:
      return {"file.permission", "no permission to read " + quoted(file)};
    case EMFILE:
    case ENFILE:
      return {"file.read", "cannot open " + quoted(file) + ": " + reason(error),
              "allow more open files (ulimit -n)", Blame::run};
    default:
      return {"file.read",
              "cannot open " + quoted(file) + ": " + reason(error)};
  }
}

[[noreturn]] void raise_write(const fs::path& file, const std::string& why) {
  raise("file.write", "cannot write " + quoted(file) + ": " + why);
}

bool holds_nul(const fs::path& file) {
  return file.native().find('\0') != std::string::npos;
}

// Where the bytes really go: a link stays a link, and what is no regular file
// (a device, a FIFO) is never replaced by one.
fs::path resolve_target(const fs::path& file, mode_t& mode) {
  if (file.empty() || holds_nul(file)) raise_write(file, "not a file name");
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode))
      raise_write(file, "it is " + std::string(kind_of(status.st_mode)));
    mode = status.st_mode & 07777U;
    return fs::canonical(file);
  }
  if (errno != ENOENT) raise_write(file, reason(errno));
  std::error_code ignored;
  const fs::path link = fs::read_symlink(file, ignored);
  if (!link.empty())
    raise_write(file,
                "it is a link to " + quoted(link) + ", which does not exist");
  return file;
}

}  // namespace

std::string quoted(const fs::path& file) {
  return "'" + shown(file) + "'";
}

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

bool FileDescriptor::close() noexcept {
  const int number = std::exchange(number_, -1);
  return number < 0 || ::close(number) == 0 || errno == EINTR;
}

Result<InputFile> open_input(const fs::path& file) {
  // The system would open the name up to the NUL: another file.
  if (holds_nul(file))
    return Failure{"file.not_found", "a file name cannot hold a NUL byte"};
  // Opening some devices acts on them, so look first; look again afterwards,
  // since the name may stand for something else by then.
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return open_failure(file, errno);
  if (!S_ISREG(status.st_mode)) return not_regular(file, status.st_mode);
  FileDescriptor descriptor(
      ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (descriptor.number() < 0 || ::fstat(descriptor.number(), &status) != 0)
    return open_failure(file, errno);
  if (!S_ISREG(status.st_mode)) return not_regular(file, status.st_mode);
  return InputFile{std::move(descriptor),
                   static_cast<std::uint64_t>(status.st_size)};
}

Result<std::size_t> read_fully(const FileDescriptor& descriptor,
                               std::span<std::byte> buffer,
                               const fs::path& file) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count = ::read(descriptor.number(), buffer.data() + done,
                                 std::min(buffer.size() - done, max_transfer));
    if (count == 0) break;
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      return Failure{"file.read",
                     "cannot read " + quoted(file) + ": " + reason(errno)};
    }
  }
  return done;
}

int claim(const FileDescriptor& descriptor, std::uint64_t bytes) noexcept {
  if (bytes == 0) return 0;
  if (bytes > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
    return EFBIG;
  }
  const auto length = static_cast<off_t>(bytes);
  if (::ftruncate(descriptor.number(), length) != 0) return errno;
  while (::fallocate(descriptor.number(), 0, 0, length) != 0) {
    // Not every file system can promise space.
    if (errno == EOPNOTSUPP || errno == ENOSYS) return 0;
    if (errno != EINTR) return errno;
  }
  return 0;
}

int write_at(const FileDescriptor& descriptor, std::span<const std::byte> bytes,
             std::uint64_t offset) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor.number(), bytes.data(),
                                   std::min(bytes.size(), max_transfer),
                                   static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return 0;
}

Bytes map_bytes(const FileDescriptor& descriptor, std::size_t size) {
  void* const start =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.number(), 0);
  if (start == MAP_FAILED) return {};
  std::shared_ptr<const void> owner(
      start, [size](void* mapped) { ::munmap(mapped, size); });
  return Bytes::view({static_cast<const std::byte*>(start), size},
                     std::move(owner));
}

AtomicFile::AtomicFile(const fs::path& file) {
  mode_t mode = 0;
  target_ = resolve_target(file, mode);
  // A number is taken when somebody writes beside us, or was killed doing so.
  constexpr int max_neighbours = 10'000;
  for (int i = 0; i < max_neighbours; ++i) {
    temporary_ =
        target_.parent_path() / (".quarry-" + std::to_string(i) + ".part");
    descriptor_ = FileDescriptor(::open(
        temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (descriptor_.number() >= 0 || errno != EEXIST) break;
  }
  if (descriptor_.number() < 0) {
    const int error = errno;
    if (error == ENOENT) raise_write(file, "its directory does not exist");
    raise_write(file, reason(error));
  }
  // An old file keeps its permissions; where that is refused, the new file has
  // those of any other.
  if (mode != 0) static_cast<void>(::fchmod(descriptor_.number(), mode));
}

AtomicFile::~AtomicFile() {
  if (descriptor_.number() >= 0) ::unlink(temporary_.c_str());
}

void AtomicFile::reserve(std::uint64_t bytes) {
  if (const int error = claim(descriptor_, bytes)) {
    raise_write(target_, reason(error) + " (" + std::to_string(bytes) +
                             " bytes are needed)");
  }
}

void AtomicFile::write(std::span<const std::byte> bytes, std::uint64_t offset) {
  if (const int error = write_at(descriptor_, bytes, offset)) {
    raise_write(target_, reason(error));
  }
}

void AtomicFile::sync() {
  if (::fsync(descriptor_.number()) != 0) raise_write(target_, reason(errno));
}

void AtomicFile::commit() {
  sync();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0)
    raise_write(target_, reason(errno));
  if (!descriptor_.close()) raise_write(target_, reason(errno));
  sync_directory(target_.has_parent_path() ? target_.parent_path()
                                           : fs::path("."));
}

void sync_directory(const fs::path& directory) noexcept {
  const FileDescriptor descriptor(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number() >= 0) ::fsync(descriptor.number());
}

}  // namespace quarry::detail
