#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace quarry::test {

/// One member of an archive that a test makes.
struct TarMember {
  std::string path;
  std::string bytes = {};
  unsigned type = AE_IFREG;
  std::string link = {};
  bool sparse = false;  ///< "pax": only its first 512 bytes are stored
};

/// An archive of these members, by libarchive: "ustar", "pax", "gnutar", or
/// with a filter of libarchive ("gzip", "zstd", "xz").
inline std::string make_tar(const std::vector<TarMember>& members,
                            const char* format = "ustar",
                            const char* filter = nullptr) {
  struct FreeArchive {
    void operator()(archive* writer) const { archive_write_free(writer); }
  };
  struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
  };
  const std::unique_ptr<archive, FreeArchive> writer(archive_write_new());
  archive* const a = writer.get();
  const auto check = [&](la_ssize_t code) {
    if (code >= ARCHIVE_WARN) return;
    throw std::runtime_error(archive_error_string(a));
  };
  check(archive_write_set_format_by_name(a, format));
  if (filter != nullptr) check(archive_write_add_filter_by_name(a, filter));
  std::size_t size = 1 << 20;
  for (const TarMember& member : members) {
    size += member.path.size() * 4 + member.bytes.size() + 8192;
  }
  std::string out(size, '\0');
  std::size_t used = 0;
  check(archive_write_open_memory(a, out.data(), out.size(), &used));
  for (const TarMember& member : members) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), member.path.c_str());
    archive_entry_set_filetype(entry.get(), member.type);
    archive_entry_set_perm(entry.get(), 0644);
    if (member.type == AE_IFLNK) {
      archive_entry_set_symlink(entry.get(), member.link.c_str());
    } else if (!member.link.empty()) {
      archive_entry_set_hardlink(entry.get(), member.link.c_str());
    }
    archive_entry_set_size(entry.get(),
                           static_cast<la_int64_t>(member.bytes.size()));
    if (member.sparse) archive_entry_sparse_add_entry(entry.get(), 0, 512);
    check(archive_write_header(a, entry.get()));
    if (!member.bytes.empty()) {
      check(archive_write_data(a, member.bytes.data(), member.bytes.size()));
    }
  }
  check(archive_write_close(a));
  out.resize(used);
  return out;
}

}  // namespace quarry::test
