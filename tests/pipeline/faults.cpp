// Stands before the calls of the system that change files, in a program that is
// linked with it. QUARRY_FAULT says what happens at the n-th of them, counted
// from 0, on files below QUARRY_FAULT_DIR:
//
//     log            all are told on stderr: "fault N CALL FILE"
//     N:before       the process is killed before it
//     N:after        the process is killed after it
//     N:EIO          it fails so, once
//     N:ENOSPC       it and all later writes fail so
//     N:short        if it writes, half of it is written
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <limits.h>
#include <string>
#include <unistd.h>

namespace {

struct Fault {
  bool log = false;
  long at = -1;
  std::string what = {};
  std::string folder = {};
};

const Fault& fault() {
  static const Fault read = [] {
    Fault f;
    const char* const text = std::getenv("QUARRY_FAULT");
    const char* const folder = std::getenv("QUARRY_FAULT_DIR");
    if (text == nullptr || folder == nullptr) return f;
    f.folder = folder;
    f.log = std::strcmp(text, "log") == 0;
    if (f.log) return f;
    char* rest = nullptr;
    f.at = std::strtol(text, &rest, 10);
    f.what = rest + 1;
    return f;
  }();
  return read;
}

std::string file_of(int descriptor) {
  std::array<char, PATH_MAX> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
  return size < 0 ? std::string()
                  : std::string(name.data(), name.data() + size);
}

template <class Function>
Function real(const char* name, Function /*same type*/) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

/// Does what is to happen to a call on `file`. `call(part)` makes it, of a
/// write that part of it.
template <class Call>
auto guarded(const char* name, const std::string& file, bool writes,
             Call call) {
  const Fault& f = fault();
  if (f.folder.empty() || !file.starts_with(f.folder)) return call(1.0);
  static std::atomic<long> calls = 0;
  const long number = calls++;
  if (f.log)
    std::fprintf(stderr, "fault %ld %s %s\n", number, name, file.c_str());
  const bool now = number == f.at;
  if (now && f.what == "before") ::kill(::getpid(), SIGKILL);
  if ((now && f.what == "EIO") ||
      (f.at >= 0 && number >= f.at && writes && f.what == "ENOSPC")) {
    errno = f.what == "EIO" ? EIO : ENOSPC;
    return decltype(call(1.0))(-1);
  }
  const auto result = call(now && writes && f.what == "short" ? 0.5 : 1.0);
  if (now && f.what == "after") ::kill(::getpid(), SIGKILL);
  return result;
}

std::size_t part_of(std::size_t count, double part) {
  return part == 1.0 || count < 2 ? count : count / 2;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t count) {
  return guarded("write", file_of(fd), true, [&](double part) {
    return real("write", &write)(fd, bytes, part_of(count, part));
  });
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return guarded("pwrite", file_of(fd), true, [&](double part) {
    return real("pwrite", &pwrite)(fd, bytes, part_of(count, part), offset);
  });
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return guarded("pwrite", file_of(fd), true, [&](double part) {
    return real("pwrite64", &pwrite64)(fd, bytes, part_of(count, part), offset);
  });
}

int fsync(int fd) {
  return guarded("fsync", file_of(fd), false,
                 [&](double) { return real("fsync", &fsync)(fd); });
}

int fdatasync(int fd) {
  return guarded("fdatasync", file_of(fd), false,
                 [&](double) { return real("fdatasync", &fdatasync)(fd); });
}

int ftruncate(int fd, off_t size) noexcept {
  return guarded("ftruncate", file_of(fd), true, [&](double) {
    return real("ftruncate", &ftruncate)(fd, size);
  });
}

int ftruncate64(int fd, off64_t size) noexcept {
  return guarded("ftruncate", file_of(fd), true, [&](double) {
    return real("ftruncate64", &ftruncate64)(fd, size);
  });
}

int rename(const char* from, const char* to) noexcept {
  return guarded("rename", to, true,
                 [&](double) { return real("rename", &rename)(from, to); });
}

int unlink(const char* file) noexcept {
  return guarded("unlink", file, false,
                 [&](double) { return real("unlink", &unlink)(file); });
}

}  // extern "C"
