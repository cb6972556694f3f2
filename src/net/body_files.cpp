#include "net/body_files.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <span>
#include <stdlib.h>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

#include "core/posix_file.hpp"
#include "net/digest.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_length = 64;
constexpr std::string_view part_name = "part-";
constexpr std::chrono::hours part_is_old{1};

[[noreturn]] void raise_write(const fs::path& file, int error) {
  raise("cache.write", "cannot write " + shown(file) + ": " + reason(error),
        "free space, or name another folder");
}

bool is_hex(std::string_view name, std::size_t length) {
  return name.size() == length &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// Calls `visit(path, name)` for every entry of a folder, if it can be listed.
template <class Visit>
void each_entry(const fs::path& folder, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    visit(entry->path(), entry->path().filename().native());
  }
}

}  // namespace

BodyFiles::BodyFiles(fs::path folder) : folder_(std::move(folder)) {}

fs::path BodyFiles::file_of(const std::string& hash) const {
  const std::string name = hex(hash);
  return folder_ / name.substr(0, 2) / name.substr(2, 2) / name;
}

BodyFiles::Read BodyFiles::read(const std::string& hash,
                                std::uint64_t size) const {
  const Result<Bytes> bytes = read_file(file_of(hash), {.max_bytes = size});
  if (bytes.ok()) {
    if (bytes->size() == size && sha256(bytes->text()) == hash)
      return {.bytes = *bytes};
    return {.bytes = std::nullopt, .gone = true};
  }
  // Anything else may be otherwise the next time.
  return {.bytes = std::nullopt,
          .gone = bytes.error().id == "file.not_found" ||
                  bytes.error().id == "file.too_large" ||
                  bytes.error().id == "file.not_regular"};
}

void BodyFiles::make_folder(const fs::path& folder) const {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) raise_write(folder, error.value());
}

void BodyFiles::write(const std::string& hash, const Bytes& body) const {
  const fs::path file = file_of(hash);
  std::error_code error;
  if (fs::file_size(file, error) == body.size() && !error) return;
  std::string part;
  const auto open = [&] {
    part = folder_ / (std::string(part_name) + "XXXXXX");
    return FileDescriptor(::mkostemp(part.data(), O_CLOEXEC));
  };
  FileDescriptor descriptor = open();
  if (descriptor.number() < 0 && errno == ENOENT) {
    make_folder(folder_);
    descriptor = open();
  }
  if (descriptor.number() < 0) raise_write(folder_, errno);
  const auto fail = [&](int number) {
    ::unlink(part.c_str());
    raise_write(file, number);
  };
  std::span<const std::byte> left = body.span();
  while (!left.empty()) {
    const ssize_t count = ::write(descriptor.number(), left.data(),
                                  std::min(left.size(), std::size_t{1} << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(errno);
    left = left.subspan(static_cast<std::size_t>(count));
  }
  if (!descriptor.close()) fail(errno);
  if (::rename(part.c_str(), file.c_str()) == 0) return;
  if (errno != ENOENT) fail(errno);
  make_folder(file.parent_path());
  if (::rename(part.c_str(), file.c_str()) != 0) fail(errno);
}

void BodyFiles::remove(const std::string& hash) const noexcept {
  try {
    ::unlink(file_of(hash).c_str());
  } catch (...) {  // no memory for a name: it stays
  }
}

void BodyFiles::remove_old_parts() const noexcept {
  try {
    const auto now = fs::file_time_type::clock::now();
    each_entry(folder_, [&](const fs::path& path, const std::string& name) {
      std::error_code error;
      if (!name.starts_with(part_name)) return;
      const auto written = fs::last_write_time(path, error);
      if (!error && now - written > part_is_old) fs::remove(path, error);
    });
  } catch (...) {  // the next process may do better
  }
}

void BodyFiles::clear() const noexcept {
  try {
    each_entry(folder_, [](const fs::path& first, const std::string& a) {
      if (!is_hex(a, 2)) return;
      each_entry(first, [&](const fs::path& second, const std::string& b) {
        if (!is_hex(b, 2)) return;
        each_entry(second, [&](const fs::path& file, const std::string& name) {
          std::error_code error;
          if (is_hex(name, name_length) && name.starts_with(a + b))
            fs::remove(file, error);
        });
      });
    });
  } catch (...) {  // what is left is found out when it is read
  }
}

}  // namespace quarry::detail
