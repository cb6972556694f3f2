#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quarry/data/concept.hpp"

namespace quarry {

struct DirectoryOptions {
  /// Endings of the names that are samples, without the dot and whatever their
  /// case. Empty: every name is.
  std::vector<std::string> extensions = {"jpg", "jpeg", "png"};
  /// Whether the name of the directory that holds a sample is its truth.
  bool truth_from_parent = false;
  /// Whether links to directories are followed. Links to files always are.
  bool follow_links = true;
  /// Directories that are no part of the pool (a workspace inside it).
  std::vector<std::filesystem::path> exclude = {};
  /// A larger file fails when it is read. Default: 1 GiB; ≥ 1.
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30;

  /// Raises `source.option` naming field, value and constraint.
  void validate() const;
};

/// The files under a directory, at any depth, ordered by the bytes of their
/// paths relative to it. A `DataSource`.
///
/// - A sample is every entry with one of the extensions, whatever it is: a
///   directory called `x.jpg`, a dangling link, a FIFO or an empty file is a
///   sample that fails with its reason, and never disappears unseen.
/// - What begins with a dot (`.quarry` too) is skipped; other names are counted
///   in `ignored()`.
/// - A directory that cannot be listed is a sample too, called `locked/`, that
///   fails with `source.unreadable`: what it holds is missing from the pool.
/// - A directory is listed once: a link to one that is in the pool already, its
///   own ancestor for example, adds nothing; of two links to one outside, the
///   first by the bytes of its path gives the ids.
/// - id: the path relative to the root, with `/` (see `id_of_path` for names
///   that are no text); uri: the `file:` URI; truth: the parent directory's
///   name if asked for, none directly under the root.
///
/// Raises `source.not_found`, `source.not_a_directory`, `source.unreadable` for
/// the root and `source.option`. The tree is listed once, when the source is
/// made: O(n log n) and the length of the path + 8 bytes a file.
class DirectorySource {
 public:
  explicit DirectorySource(const std::filesystem::path& root,
                           const DirectoryOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: those of `read_file`, and `source.unreadable`.
  Result<Bytes> read(std::size_t i) const;
  /// Device, inode, size and times of a regular file on a local file system,
  /// unless it changed in the last two seconds, within which a further change
  /// may not show. The mode is not asked for: one that may no longer be read
  /// has changed.
  std::optional<std::string> version(std::size_t i) const;

  /// Entries that are neither hidden, nor directories, nor samples.
  std::size_t ignored() const noexcept;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
