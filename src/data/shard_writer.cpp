#include "data/shard_writer.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <exception>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/crc32c.hpp"
#include "core/posix_file.hpp"
#include "data/image_kind.hpp"
#include "data/member_names.hpp"
#include "data/plain_locale.hpp"
#include "data/shard_file.hpp"
#include "data/tar_scan.hpp"
#include "data/tf_example.hpp"
#include "data/tfrecord.hpp"
#include "data/tfrecord_scan.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

constexpr int write_bytes = 1 << 20;

std::string padded(std::size_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

/// A file that is written from front to back.
class Output {
 public:
  explicit Output(const fs::path& file) : file_(file) {}

  void write(std::span<const std::byte> bytes) {
    file_.write(bytes, size_);
    size_ += bytes.size();
  }
  std::uint64_t commit() {
    file_.commit();
    return size_;
  }

 private:
  AtomicFile file_;
  std::uint64_t size_ = 0;
};

struct FreeWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class TarWriter : public ShardWriter {
 public:
  explicit TarWriter(const AnySource& source) : names_(source) {}

  std::uint64_t prepare(std::size_t i, const Sample& sample,
                        const Bytes& bytes) override {
    name_ = names_.of(i, sample.id, bytes.text());
    truth_ = sample.truth;
    bytes_ = bytes;
    return cost(name_.path(), bytes.size()) +
           (truth_ ? cost(name_.key + ".cls", truth_->size()) : 0);
  }

  void open(const fs::path& file) override {
    output_.emplace(file);
    archive_.reset(archive_write_new());
    archive* const a = archive_.get();
    if (a == nullptr) raise("file.write", "there is no memory for an archive");
    // As plain as the names and sizes allow.
    archive_write_set_format_pax_restricted(a);
    archive_write_set_bytes_per_block(a, write_bytes);
    archive_write_set_bytes_in_last_block(a, 1);
    check(archive_write_open2(a, this, nullptr, &TarWriter::on_write, nullptr,
                              nullptr));
  }

  void add() override {
    if (truth_) put(name_.key + ".cls", std::as_bytes(std::span(*truth_)));
    put(name_.path(), bytes_.span());
    bytes_ = {};
  }

  std::uint64_t close() override {
    check(archive_write_close(archive_.get()));
    archive_.reset();
    const std::uint64_t size = output_->commit();
    output_.reset();
    return size;
  }

  std::uint64_t overhead() const noexcept override { return 2 * tar_block; }
  std::string_view extension() const noexcept override { return ".tar"; }
  std::string suffix(std::size_t number, std::size_t) const override {
    return '-' + padded(number, 6) + ".tar";
  }
  ShardIndex index(const fs::path& file) const override {
    const ShardFile shard = ShardFile::open(local_shard(file.native()));
    return with_checksums(scan_tar(shard), shard);
  }

 private:
  /// Of a member: header, bytes in whole blocks, and what long names take.
  static std::uint64_t cost(const std::string& path, std::uint64_t size) {
    const auto blocks = [](std::uint64_t bytes) {
      return (bytes + tar_block - 1) / tar_block * tar_block;
    };
    const bool plain =
        path.size() <= 100 && std::all_of(path.begin(), path.end(), [](char c) {
          return static_cast<unsigned char>(c) < 0x80;
        });
    return tar_block + blocks(size) +
           (plain ? 0 : tar_block + blocks(path.size() + 64));
  }

  void put(const std::string& path, std::span<const std::byte> bytes) {
    const PlainLocale names_are_bytes;
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    if (!entry) raise("file.write", "there is no memory for an archive");
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    check(archive_write_header(archive_.get(), entry.get()));
    while (!bytes.empty()) {
      const la_ssize_t count =
          archive_write_data(archive_.get(), bytes.data(), bytes.size());
      check(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  /// Nothing may be thrown through libarchive.
  static la_ssize_t on_write(archive* a, void* self, const void* data,
                             std::size_t count) {
    TarWriter& writer = *static_cast<TarWriter*>(self);
    try {
      writer.output_->write({static_cast<const std::byte*>(data), count});
      return static_cast<la_ssize_t>(count);
    } catch (...) {
      writer.thrown_ = std::current_exception();
      archive_set_error(a, -1, "writing failed");
      return -1;
    }
  }

  void check(la_ssize_t code) {
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (code >= ARCHIVE_WARN) return;
    const char* text = archive_error_string(archive_.get());
    raise("file.write", "cannot write a tar archive: " +
                            std::string(text == nullptr ? "no reason" : text));
  }

  MemberNames names_;
  MemberName name_;
  std::optional<std::string> truth_;
  Bytes bytes_;
  std::optional<Output> output_;
  std::exception_ptr thrown_;
  // Gone before what it writes to.
  std::unique_ptr<archive, FreeWriter> archive_;
};

class TfRecordWriter : public ShardWriter {
 public:
  std::uint64_t prepare(std::size_t, const Sample& sample,
                        const Bytes& bytes) override {
    using Kind = TfFeature::Kind;
    const auto text = [](std::string_view value) {
      return TfFeature{.kind = Kind::bytes, .bytes = {value}};
    };
    TfExample example = {{"image/encoded", text(bytes.text())},
                         {"image/filename", text(sample.id)}};
    const std::string_view ending = ending_of(bytes.text());
    if (!ending.empty()) {
      example["image/format"] = text(ending == "jpg" ? "jpeg" : ending);
    }
    if (sample.truth) example["image/class/text"] = text(*sample.truth);
    record_ = write_tf_example(example);
    return record_.size() + tfrecord_frame_bytes;
  }

  void open(const fs::path& file) override {
    output_.emplace(file);
    buffer_.clear();
  }

  void add() override {
    const auto data = std::as_bytes(std::span(record_));
    const TfRecordHeader header = tfrecord_header(data.size());
    const TfRecordFooter footer = tfrecord_footer(data);
    buffer_.insert(buffer_.end(), header.begin(), header.end());
    buffer_.insert(buffer_.end(), data.begin(), data.end());
    buffer_.insert(buffer_.end(), footer.begin(), footer.end());
    if (buffer_.size() >= write_bytes) flush();
  }

  std::uint64_t close() override {
    flush();
    const std::uint64_t size = output_->commit();
    output_.reset();
    return size;
  }

  std::uint64_t overhead() const noexcept override { return 0; }
  std::string_view extension() const noexcept override { return ".tfrecord"; }
  std::string suffix(std::size_t number, std::size_t total) const override {
    return '-' + padded(number, 5) + "-of-" + padded(total, 5) + ".tfrecord";
  }
  ShardIndex index(const fs::path& file) const override {
    // Its records have checksums of their own.
    const ShardKind kind = tfrecord_kind();
    return kind.scan(
        ShardFile::open(local_shard(file.native()), {}, kind.is_plain));
  }

 private:
  void flush() {
    output_->write(buffer_);
    buffer_.clear();
  }

  std::string record_;
  std::vector<std::byte> buffer_;
  std::optional<Output> output_;
};

}  // namespace

std::unique_ptr<ShardWriter> tar_writer(const AnySource& source) {
  return std::make_unique<TarWriter>(source);
}

std::unique_ptr<ShardWriter> tfrecord_writer() {
  return std::make_unique<TfRecordWriter>();
}

ShardIndex with_checksums(const ShardIndex& index, const ShardFile& file) {
  ShardIndex summed(index.kind(), index.shard_size());
  summed.ignore(index.ignored());
  for (std::size_t i = 0; i < index.size(); ++i) {
    ShardMember member = index[i];
    if (const Failure* failure = index.failure(i)) {
      if (index.is_damaged() && i + 1 == index.size()) {
        summed.add_damage(member.name, *failure);
      } else {
        summed.add_failure(member.name, *failure);
      }
      continue;
    }
    member.crc32c =
        crc32c(file.read(member.offset, member.size).value().span());
    summed.add(member);
  }
  return summed;
}

}  // namespace quarry::detail
