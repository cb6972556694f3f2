#include "core/file_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t longest_name = 20;  // of a process, in digits

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  raise("cache.write", "cannot lock " + shown(file) + ": " + reason(error));
}

FileDescriptor open_lock(const std::filesystem::path& file) {
  FileDescriptor descriptor(
      ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (descriptor.number() < 0) fail(file, errno);
  return descriptor;
}

/// False when somebody holds it and `how` is not to wait.
bool lock(const FileDescriptor& descriptor, int how,
          const std::filesystem::path& file) {
  while (::flock(descriptor.number(), how) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) fail(file, errno);
  }
  return true;
}

/// Whether the file still has its name: whoever held it may have removed it.
bool has_name(const FileDescriptor& descriptor,
              const std::filesystem::path& file) {
  struct stat held = {};
  struct stat named = {};
  return ::fstat(descriptor.number(), &held) == 0 &&
         ::stat(file.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

}  // namespace

FileLock FileLock::wait(const std::filesystem::path& file) {
  return *take(file, LOCK_EX);
}

std::optional<FileLock> FileLock::attempt(const std::filesystem::path& file) {
  return take(file, LOCK_EX | LOCK_NB);
}

std::optional<FileLock> FileLock::take(const std::filesystem::path& file,
                                       int how) {
  for (;;) {
    FileDescriptor descriptor = open_lock(file);
    if (!lock(descriptor, how, file)) return std::nullopt;
    if (!has_name(descriptor, file)) continue;
    FileLock held(std::move(descriptor));
    held.sign();
    return held;
  }
}

std::string FileLock::holder(const std::filesystem::path& file) {
  const Result<Bytes> signature = read_file(file, {.max_bytes = longest_name});
  return signature.ok() ? std::string(signature->text()) : std::string();
}

/// Nobody's work depends on the signature, so that it may fail.
void FileLock::sign() noexcept {
  const std::string name = std::to_string(::getpid());
  if (::ftruncate(descriptor_.number(), 0) != 0) return;
  [[maybe_unused]] const auto written =
      ::pwrite(descriptor_.number(), name.data(), name.size(), 0);
}

}  // namespace quarry::detail
