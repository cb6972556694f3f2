// Stands before the calls of the system that change files, in a program that is
// linked with it. QUARRY_FAULT says what happens at a call on a file below
// QUARRY_FAULT_DIR, named from there; equal calls are counted from 0:
//
//     log                      all are told on stderr: "fault CALL N FILE"
//     before CALL N FILE       the process is killed before it
//     after CALL N FILE        the process is killed after it
//     EIO CALL N FILE          it fails so, once
//     ENOSPC CALL N FILE       it and all later writes fail so
//     short CALL N FILE        if it writes, half of it is written
//
// Where that call is made, stderr tells so: "struck".
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <limits.h>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

struct Fault {
  std::string what = {};
  std::string call = {};  // "CALL N FILE"
  std::string folder = {};
};

const Fault& fault() {
  static const Fault read = [] {
    Fault f;
    const char* const text = std::getenv("QUARRY_FAULT");
    const char* const folder = std::getenv("QUARRY_FAULT_DIR");
    if (text == nullptr || folder == nullptr) return f;
    const std::string_view all = text;
    const std::size_t space = all.find(' ');
    f.what = all.substr(0, space);
    if (space != all.npos) f.call = all.substr(space + 1);
    f.folder = std::string(folder) + '/';
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

/// "CALL N FILE" of the next such call.
std::string numbered(const std::string& call, const std::string& file) {
  static std::mutex mutex;
  static std::map<std::string, long> calls;
  const std::lock_guard lock(mutex);
  const long number = calls[call + ' ' + file]++;
  return call + ' ' + std::to_string(number) + ' ' + file;
}

std::atomic<bool> disk_is_full = false;

/// Does what is to happen to a call on `file`. `call(part)` makes it, of a
/// write that part of it.
template <class Call>
auto guarded(const char* name, const std::string& file, bool writes,
             Call call) {
  const Fault& f = fault();
  if (f.folder.empty() || !file.starts_with(f.folder)) return call(1.0);
  const std::string made = numbered(name, file.substr(f.folder.size()));
  if (f.what == "log") std::fprintf(stderr, "fault %s\n", made.c_str());
  const bool now = made == f.call;
  if (now) std::fprintf(stderr, "struck\n");
  if (now && f.what == "before") ::kill(::getpid(), SIGKILL);
  if (now && f.what == "ENOSPC") disk_is_full = true;
  if ((now && f.what == "EIO") || (disk_is_full && writes)) {
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
