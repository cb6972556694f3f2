#include "data/tar_scan.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/json.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/free_reader.hpp"
#include "data/plain_locale.hpp"

namespace quarry::detail {
namespace {

/// A longer `.cls` or `.json` says no truth.
constexpr std::uint64_t most_truth_bytes = std::uint64_t{1} << 20;

/// A member's path in the parts that WebDataset sees: what comes before the
/// first dot of its last part, and what after.
std::pair<std::string_view, std::string_view> key_and_ending(
    std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t begin = slash == path.npos ? 0 : slash + 1;
  const std::size_t dot = path.find('.', begin);
  if (dot == path.npos) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

/// `./a.jpg` and `a.jpg` are the same member.
std::string_view without_dot_slash(std::string_view path) {
  while (path.starts_with("./")) {
    path.remove_prefix(2);
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  }
  return path;
}

bool is_hidden(std::string_view path) {
  return path.empty() || path.front() == '.' || path.find("/.") != path.npos;
}

std::string truth_of_text(std::string_view text) {
  text = trimmed(text);
  return is_printable(text) ? std::string(text) : std::string();
}

std::string truth_of_json(std::string_view text) {
  try {
    const Json document = parse_json(text, "json");
    if (!document.is_object()) return {};
    for (const char* field : {"truth", "label", "cls", "class"}) {
      const auto found = document.find(field);
      if (found == document.end()) continue;
      if (found->is_string()) {
        return truth_of_text(found->get_ref<const std::string&>());
      }
      if (found->is_number()) return found->dump();
    }
  } catch (const Error&) {  // no JSON says no truth
  }
  return {};
}

/// Goes through one archive.
class Scan {
 public:
  explicit Scan(const ShardFile& file)
      : file_(file),
        window_(file),
        index_("tar", file.size()),
        reader_(archive_read_new()) {}

  ShardIndex run() {
    const PlainLocale names_are_bytes;
    open();
    archive_entry* entry = nullptr;
    for (;;) {
      const int code = archive_read_next_header(reader_.get(), &entry);
      if (failure_) raise(*failure_);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
        if (first_) raise_no_tar();
        finish_group();
        // The header is that of before when what failed is to pass its bytes.
        damaged(std::max(position(), end_), error_of());
        return finish();
      }
      first_ = false;
      if (!take(entry)) return finish();
    }
    finish_group();
    check_end();
    return finish();
  }

 private:
  struct Member {
    std::string name;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool sparse = false;
  };

  void open() {
    archive* const a = reader_.get();
    if (a == nullptr) raise("file.read", "there is no memory for an archive");
    archive_read_support_format_tar(a);
    // What follows an end is read too.
    archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1");
    archive_read_set_format_option(a, "tar", "mac-ext", nullptr);
    archive_read_set_callback_data(a, this);
    archive_read_set_read_callback(a, &Scan::on_read);
    archive_read_set_skip_callback(a, &Scan::on_skip);
    if (archive_read_open1(a) != ARCHIVE_OK) {
      if (failure_) raise(*failure_);
      raise_no_tar();
    }
  }

  static la_ssize_t on_read(archive* a, void* self, const void** data) {
    return static_cast<Scan*>(self)->read_more(a, data);
  }
  static la_int64_t on_skip(archive*, void* self, la_int64_t count) {
    Scan& scan = *static_cast<Scan*>(self);
    const std::uint64_t left = scan.file_.size() - scan.next_;
    const std::uint64_t step =
        std::min(left, static_cast<std::uint64_t>(count));
    scan.next_ += step;
    return static_cast<la_int64_t>(step);
  }

  /// Nothing may be thrown through libarchive.
  la_ssize_t read_more(archive* a, const void** data) noexcept {
    try {
      Result<Bytes> more = window_.from(next_);
      if (!more.ok()) {
        failure_ = std::move(more).error();
      } else {
        given_ = std::move(more).value();
        next_ += given_.size();
        *data = given_.data();
        return static_cast<la_ssize_t>(given_.size());
      }
    } catch (const std::exception& error) {
      failure_ = Failure{"file.read", error.what()};
    }
    archive_set_error(a, -1, "reading failed");
    return -1;
  }

  std::uint64_t position() const {
    return static_cast<std::uint64_t>(
        archive_read_header_position(reader_.get()));
  }

  std::string error_of() const {
    const char* text = archive_error_string(reader_.get());
    return text == nullptr ? "damaged" : text;
  }

  [[noreturn]] void raise_no_tar() const {
    if (file_.damage()) {
      raise("source.format",
            file_.shown() + " is no tar archive that can be read: " +
                file_.damage()->message,
            file_.damage()->hint);
    }
    raise("source.format", file_.shown() + " is no tar archive",
          file_.size() == 0 ? "the file is empty"
                            : "a tar: pool is made of .tar files, compressed "
                              "with gzip, Zstandard or xz, or not at all");
  }

  void damaged(std::uint64_t from, std::string why) {
    if (file_.damage()) why = file_.damage()->message;
    index_.add_damage("(damaged from byte " + std::to_string(from) + ')',
                      {"tar.corrupt",
                       file_.shown() + ": from byte " + std::to_string(from) +
                           " on " + std::to_string(file_.size() - from) +
                           " bytes cannot be read: " + why,
                       "fetch or make the shard again"});
  }

  ShardIndex finish() {
    index_.shrink_to_fit();
    return std::move(index_);
  }

  /// False when the archive ends inside the member.
  bool take(archive_entry* entry) {
    const auto offset =
        static_cast<std::uint64_t>(archive_filter_bytes(reader_.get(), 0));
    const la_int64_t stated = archive_entry_size(entry);
    const char* const path = archive_entry_pathname(entry);
    const std::string_view name =
        without_dot_slash(path == nullptr ? std::string_view() : path);
    const bool regular = archive_entry_filetype(entry) == AE_IFREG &&
                         archive_entry_hardlink(entry) == nullptr;
    const bool sparse = archive_entry_sparse_reset(entry) > 0;
    const std::uint64_t size =
        stated < 0 ? 0 : static_cast<std::uint64_t>(stated);
    if (regular && !sparse &&
        (offset > file_.size() || size > file_.size() - offset)) {
      finish_group();
      damaged(position(), "the archive ends inside " + shown(name));
      return false;
    }
    if (regular && !sparse) end_ = offset + size;
    if (!regular) end_ = offset;
    if (!regular || is_hidden(name)) {
      index_.ignore();
      return true;
    }
    add({.name = std::string(name),
         .offset = offset,
         .size = size,
         .sparse = sparse});
    return true;
  }

  void add(Member member) {
    const auto [key, ending] = key_and_ending(member.name);
    if (key != key_) finish_group();
    key_ = key;
    if (!member.sparse && member.size <= most_truth_bytes) {
      // Here, while the block is at hand.
      const bool cls = ending == "cls";
      if (cls || (ending == "json" && truth_.empty())) {
        const Result<Bytes> bytes = window_.read(member.offset, member.size);
        if (!bytes.ok()) raise(bytes.error());
        std::string truth =
            cls ? truth_of_text(bytes->text()) : truth_of_json(bytes->text());
        if (!truth.empty()) truth_ = std::move(truth);
      }
    }
    group_.push_back(std::move(member));
  }

  void finish_group() {
    for (const Member& member : group_) {
      const std::string name = id_of_path(member.name);
      if (member.sparse) {
        index_.add_failure(
            name, {"tar.sparse",
                   file_.shown() + '#' + name +
                       ": the member is stored sparsely, without its zeros",
                   "make the shard again without --sparse"});
        continue;
      }
      index_.add({.name = name,
                  .truth = is_truth_member(name) ? std::string_view() : truth_,
                  .offset = member.offset,
                  .size = member.size});
    }
    group_.clear();
    truth_.clear();
    key_.clear();
  }

  /// An archive ends with two blocks of zeros; one that does not was cut off.
  void check_end() {
    if (file_.damage()) return damaged(file_.size(), "");
    const std::uint64_t rest = (tar_block - end_ % tar_block) % tar_block;
    if (file_.size() - end_ < rest + 2 * tar_block) {
      damaged(end_ + std::min(rest, file_.size() - end_),
              "the archive has no end, so that it may be cut off");
    }
  }

  const ShardFile& file_;
  ShardWindow window_;
  ShardIndex index_;
  std::unique_ptr<archive, FreeReader> reader_;
  std::optional<Failure> failure_;  ///< of reading
  Bytes given_;                     ///< what libarchive points into
  std::uint64_t next_ = 0;          ///< where it reads on
  bool first_ = true;
  std::uint64_t end_ = 0;  ///< of the last member
  std::vector<Member> group_;
  std::string key_;
  std::string truth_;
};

}  // namespace

ShardIndex scan_tar(const ShardFile& file) {
  return Scan(file).run();
}

bool is_truth_member(std::string_view name) {
  const std::string_view ending = key_and_ending(name).second;
  return ending == "cls" || ending == "json";
}

}  // namespace quarry::detail
