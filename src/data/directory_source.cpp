#include "quarry/data/directory_source.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include "quarry/core/file.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/extensions.hpp"
#include "data/file_version.hpp"
#include "data/missing.hpp"
#include "data/text_table.hpp"
#include "data/uri.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void raise_unreadable(const fs::path& directory, int error) {
  raise("source.unreadable", "the directory " + detail::shown(directory) +
                                 " cannot be listed: " + detail::reason(error));
}

enum class Kind { directory, link, other };

/// An open directory stream, or the error that opening it gave. Something else
/// than a directory is ENOTDIR, at once: O_DIRECTORY does not open a FIFO.
class Directory {
 public:
  explicit Directory(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) stream_ = ::fdopendir(fd);
    if (stream_ == nullptr) {
      error_ = errno;
      if (fd >= 0) ::close(fd);
    }
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    if (stream_ != nullptr) ::closedir(stream_);
  }

  /// The errno of opening or of the last `next`; 0 when there was none.
  int error() const { return error_; }
  int descriptor() const { return ::dirfd(stream_); }

  /// The next entry; null at the end and after an error.
  const dirent* next() {
    errno = 0;
    const dirent* entry = ::readdir(stream_);
    if (entry == nullptr) error_ = errno;
    return entry;
  }

  /// What an entry is. Most file systems say so in the entry itself.
  Kind kind(const dirent& entry) const {
    if (entry.d_type == DT_DIR) return Kind::directory;
    if (entry.d_type == DT_LNK) return Kind::link;
    if (entry.d_type != DT_UNKNOWN) return Kind::other;
    struct stat status {};
    if (::fstatat(descriptor(), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) !=
        0) {
      return Kind::other;
    }
    if (S_ISDIR(status.st_mode)) return Kind::directory;
    return S_ISLNK(status.st_mode) ? Kind::link : Kind::other;
  }

  /// Whether a link leads to a directory.
  bool leads_to_directory(const dirent& link) const {
    struct stat status {};
    return ::fstatat(descriptor(), link.d_name, &status, 0) == 0 &&
           S_ISDIR(status.st_mode);
  }

 private:
  DIR* stream_ = nullptr;
  int error_ = 0;
};

/// Lists a tree. Real directories come first and links to directories after
/// them, each directory once, so that no loop of links and no web of them makes
/// the pool larger than the tree. Of the links known, the one with the smallest
/// path comes next: which of two names a directory gets is no matter of the
/// order in which the file system lists them.
class Walk {
 public:
  Walk(std::string root, const DirectoryOptions& options)
      : root_(std::move(root)), follow_links_(options.follow_links) {
    for (const std::string& extension : options.extensions) {
      endings_.push_back('.' + detail::lower_case(extension));
    }
    for (const fs::path& directory : options.exclude) {
      struct stat status {};
      if (::stat(directory.c_str(), &status) == 0) seen_.insert(key(status));
    }
  }

  void run() {
    list("");
    const bool sorted = links_.empty();
    while (!links_.empty()) list(links_.extract(links_.begin()).value());
    if (!sorted) paths.sort();
    paths.shrink_to_fit();
  }

  detail::TextTable paths;
  std::size_t ignored = 0;

 private:
  using Key = std::pair<dev_t, ino_t>;
  static Key key(const struct stat& status) {
    return {status.st_dev, status.st_ino};
  }

  bool is_sample(std::string_view name) const {
    if (endings_.empty()) return true;
    return std::any_of(
        endings_.begin(), endings_.end(), [&](const std::string& ending) {
          return name.size() > ending.size() &&
                 detail::lower_case(name.substr(name.size() - ending.size())) ==
                     ending;
        });
  }

  /// Adds what the directory `prefix` (empty or ending in a slash) holds.
  void list(const std::string& prefix) {
    // In byte-wise order of whole paths a directory stands where its name with
    // a slash does: so written, it is enough to sort one directory at a time.
    std::vector<std::string> names;
    if (const int error = read_names(prefix, names); error != 0) {
      if (prefix.empty()) raise_unreadable(root_, error);
      paths.add(prefix);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (name.back() == '/') {
        list(prefix + name);
      } else {
        paths.add(prefix + name);
      }
    }
  }

  /// The names of samples, and of directories with a slash; not 0 when the
  /// directory could not be listed to its end.
  int read_names(const std::string& prefix, std::vector<std::string>& names) {
    Directory directory(root_ + prefix);
    if (directory.error() != 0) return directory.error();
    struct stat status {};
    if (::fstat(directory.descriptor(), &status) != 0) return errno;
    if (!seen_.insert(key(status)).second) return 0;

    while (const dirent* entry = directory.next()) {
      const std::string_view name = entry->d_name;
      if (name.front() == '.') continue;
      const bool named = is_sample(name);
      if (named && !endings_.empty()) {
        names.emplace_back(name);  // whatever it is
        continue;
      }
      const Kind kind = directory.kind(*entry);
      if (kind == Kind::directory) {
        names.push_back(std::string(name) + '/');
      } else if (kind == Kind::link && directory.leads_to_directory(*entry)) {
        if (follow_links_) links_.insert(prefix + std::string(name) + '/');
      } else if (named) {
        names.emplace_back(name);
      } else {
        ++ignored;
      }
    }
    return directory.error();
  }

  std::string root_;
  bool follow_links_;
  std::vector<std::string> endings_;
  std::set<Key> seen_;
  std::set<std::string> links_;  ///< to follow, each ends in a slash
};

/// The root as an absolute path that ends in a slash.
std::string open_root(const fs::path& root) {
  const Directory directory(root.native());
  const int error = directory.error();
  if (error == ENOENT) {
    raise("source.not_found", detail::shown(root) + " does not exist",
          detail::hint_for_missing(root));
  }
  if (error == ENOTDIR) {
    raise("source.not_a_directory", detail::shown(root) + " is no directory",
          "a list of samples is a .jsonl, .csv or .txt file");
  }
  if (error != 0) raise_unreadable(root, error);
  std::error_code failed;
  fs::path absolute = fs::canonical(root, failed);
  if (failed) absolute = fs::absolute(root);
  std::string text = absolute.native();
  if (text.back() != '/') text += '/';
  return text;
}

}  // namespace

struct DirectorySource::State {
  std::string root;  ///< absolute, ends in a slash
  std::string root_uri;
  detail::TextTable paths;  ///< relative; one that ends in a slash is unlisted
  std::size_t ignored = 0;
  bool truth_from_parent = false;
  ReadFileOptions file;
  detail::FileVersions versions;

  std::string whole_path(std::size_t i) const {
    return root + std::string(paths[i]);
  }
};

void DirectoryOptions::validate() const {
  detail::check_extensions(extensions);
  if (max_file_bytes == 0) {
    raise("source.option", "max_file_bytes is 0: it must be at least 1");
  }
}

DirectorySource::DirectorySource(const fs::path& root,
                                 const DirectoryOptions& options) {
  options.validate();
  auto state = std::make_shared<State>();
  state->root = open_root(root);
  state->root_uri = file_uri(state->root);
  state->truth_from_parent = options.truth_from_parent;
  state->file.max_bytes = options.max_file_bytes;
  Walk walk(state->root, options);
  walk.run();
  state->paths = std::move(walk.paths);
  state->ignored = walk.ignored;
  state_ = std::move(state);
}

std::size_t DirectorySource::size() const noexcept {
  return state_->paths.size();
}

Sample DirectorySource::sample(std::size_t i) const {
  const std::string_view path = state_->paths[i];
  Sample sample{.id = id_of_path(path),
                .uri = state_->root_uri + detail::percent_encode(path)};
  const std::size_t slash = path.rfind('/');
  if (state_->truth_from_parent && slash != path.npos &&
      slash + 1 < path.size()) {
    std::string_view parent = path.substr(0, slash);
    parent.remove_prefix(parent.rfind('/') + 1);  // npos + 1 is 0
    sample.truth = detail::shown(parent);
  }
  return sample;
}

Result<Bytes> DirectorySource::read(std::size_t i) const {
  const std::string whole = state_->whole_path(i);
  if (whole.back() == '/') {
    const int error = Directory(whole).error();
    return Failure{
        "source.unreadable",
        "the directory " + detail::shown(whole) + " could not be listed" +
            (error == 0 ? std::string() : ": " + detail::reason(error)),
        "what it holds is missing from the pool"};
  }
  return read_file(whole, state_->file);
}

std::optional<std::string> DirectorySource::version(std::size_t i) const {
  return state_->versions.of(state_->whole_path(i), state_->file.max_bytes);
}

std::size_t DirectorySource::ignored() const noexcept {
  return state_->ignored;
}

}  // namespace quarry
