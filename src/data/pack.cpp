#include "quarry/data/pack.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/file.hpp"

#include "core/bad_samples.hpp"
#include "core/meter.hpp"
#include "core/numbers.hpp"
#include "core/posix_file.hpp"
#include "core/stopwatch.hpp"
#include "data/ordered_reader.hpp"
#include "data/shard_pattern.hpp"
#include "data/shard_writer.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using detail::counted;
using detail::grouped;
using detail::shown;

constexpr std::size_t most_reads = 4096;
constexpr std::size_t default_requests = 64;
constexpr std::size_t least_threads = 4;

std::string megabytes(std::uint64_t bytes) {
  return detail::fixed(1e-6 * static_cast<double>(bytes), 1) + " MB";
}

bool is_plain_name(std::string_view name) {
  constexpr std::string_view others = "._-";
  return !name.empty() && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || others.find(c) != others.npos;
         });
}

/// Whether `file` is called like a shard: NAME-000123.tar,
/// NAME-00000-of-00010.tfrecord.
bool is_shard_name(std::string_view file, std::string_view name,
                   std::string_view extension) {
  if (!file.starts_with(name) || !file.ends_with(extension)) return false;
  if (file.size() < name.size() + extension.size()) return false;
  file.remove_prefix(name.size());
  file.remove_suffix(extension.size());
  return file.starts_with('-') &&
         file.find_first_not_of("0123456789-of") == file.npos;
}

void remove_quietly(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
}

[[noreturn]] void raise_write(const fs::path& file, const std::string& why) {
  raise("file.write", "cannot write " + shown(file) + ": " + why);
}

/// The shards that are being written. They have hidden names until the last of
/// them is durable, and go with this object when that never comes.
class Shards {
 public:
  Shards(const PackOptions& options,
         std::unique_ptr<detail::ShardWriter> writer)
      : options_(options), writer_(std::move(writer)) {
    std::error_code error;
    fs::create_directories(options_.out, error);
    if (error) raise_write(options_.out, error.message());
    refuse_others();
  }
  Shards(const Shards&) = delete;
  Shards& operator=(const Shards&) = delete;
  ~Shards() {
    // Those that have their names already, too, when there is not all of them.
    for (const PackedShard& shard : shards_) {
      remove_quietly(shard.file);
      remove_quietly(index_of(shard.file));
    }
  }

  void add(std::size_t i, const Sample& sample, const Bytes& bytes) {
    const std::uint64_t size = writer_->prepare(i, sample, bytes);
    if (is_open_ && !has_room(size)) close();
    if (!is_open_) open();
    writer_->add();
    PackedShard& shard = shards_.back();
    ++shard.samples;
    shard.bytes += size;
  }

  /// Gives them their names.
  std::vector<PackedShard> publish() {
    if (is_open_) close();
    const std::size_t total = shards_.size();
    for (std::size_t k = 0; k < total; ++k) {
      PackedShard& shard = shards_[k];
      const fs::path named =
          options_.out / (options_.name + writer_->suffix(k, total));
      std::error_code error;
      // The index first: without its shard it does no harm.
      fs::rename(index_of(shard.file), index_of(named), error);
      if (!error) fs::rename(shard.file, named, error);
      if (error) {
        remove_quietly(index_of(named));
        raise_write(named, error.message());
      }
      shard.file = named;
    }
    detail::sync_directory(options_.out);
    return std::exchange(shards_, {});
  }

 private:
  static fs::path index_of(const fs::path& shard) {
    return detail::sidecar_of(detail::local_shard(shard.native()));
  }

  /// What an earlier run has left would look like a part of this pool.
  void refuse_others() const {
    std::error_code error;
    fs::directory_iterator entry(options_.out, error);
    for (; !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      const std::string file = entry->path().filename().native();
      if (!is_shard_name(file, options_.name, writer_->extension())) continue;
      raise("pack.exists",
            shown(options_.out) + " holds shards of the name " + options_.name +
                " already: " + shown(file),
            "remove them, or choose another folder or name");
    }
    if (error) raise_write(options_.out, error.message());
  }

  bool has_room(std::uint64_t size) const {
    const PackedShard& shard = shards_.back();
    const bool full =
        options_.shard_samples != 0 && shard.samples >= options_.shard_samples;
    return !full && shard.bytes <= options_.shard_bytes &&
           size <= options_.shard_bytes - shard.bytes;
  }

  void open() {
    const fs::path file =
        options_.out /
        ('.' + options_.name + writer_->suffix(shards_.size(), 0) + ".part");
    shards_.push_back({.file = file, .bytes = writer_->overhead()});
    writer_->open(file);
    is_open_ = true;
  }

  void close() {
    PackedShard& shard = shards_.back();
    is_open_ = false;
    shard.bytes = writer_->close();
    write_file(index_of(shard.file), writer_->index(shard.file).to_text());
  }

  const PackOptions& options_;
  std::unique_ptr<detail::ShardWriter> writer_;
  bool is_open_ = false;
  std::vector<PackedShard> shards_;
};

/// Judges the samples that are left out, one after the other.
class Policy {
 public:
  Policy(const PackOptions& options, std::size_t size)
      : options_(options),
        size_(size),
        allowed_(detail::allowed_bad(options.errors.max_bad, size)),
        alike_(options.errors.alike_limit != 0 &&
               options.errors.alike_limit <= size) {}

  /// Raises what the policy says.
  void good() {
    alike_ = false;
    refuse_too_many();
  }
  void bad(BadSample sample) {
    if (sample.failure.blame == Blame::run) raise(std::move(sample.failure));
    if (options_.left_out) options_.left_out(sample);
    bad_.push_back(std::move(sample));
    if (options_.errors.on_error == OnError::stop) {
      const auto& [index, id, failure] = bad_.back();
      raise("pack.bad_sample",
            id + ": " + std::string(failure.id.text()) + ": " + failure.message,
            failure.hint);
    }
    alike_ = alike_ &&
             bad_.front().failure.id.text() == bad_.back().failure.id.text();
    if (!alike_) return refuse_too_many();
    if (bad_.size() < options_.errors.alike_limit) return;
    raise("pack.all_alike",
          "the first " + grouped(bad_.size()) + " samples all failed with " +
              std::string(bad_.front().failure.id.text()) + "; " +
              bad_.front().id + ": " + bad_.front().failure.message,
          "something is wrong with the run and not with its samples: is the "
          "pool the right one?");
  }

  std::size_t count() const noexcept { return bad_.size(); }
  std::vector<BadSample> take() { return std::move(bad_); }

 private:
  void refuse_too_many() const {
    if (bad_.size() <= allowed_) return;
    raise("pack.too_many_bad", detail::too_many_bad(bad_, size_, allowed_),
          "repair them, leave them out, or allow a larger fraction (max_bad)");
  }

  const PackOptions& options_;
  std::size_t size_;
  std::size_t allowed_;
  bool alike_;  ///< all samples so far, bad in one way
  std::vector<BadSample> bad_;
};

std::size_t reads_of(const PackOptions& options, const AnySource& source) {
  if (options.reads != 0) return options.reads;
  if (source.is_async()) return default_requests;
  return std::max<std::size_t>(std::thread::hardware_concurrency(),
                               least_threads);
}

std::unique_ptr<detail::ShardWriter> writer_of(const PackOptions& options,
                                               const AnySource& source) {
  if (options.format == PackFormat::tar) return detail::tar_writer(source);
  return detail::tfrecord_writer();
}

}  // namespace

void PackOptions::validate() const {
  const auto refuse = [](const std::string& what) {
    raise("pack.option", what);
  };
  if (out.empty()) refuse("out is empty: it must name a folder");
  if (!is_plain_name(name)) {
    refuse("name is \"" + shown(name) +
           "\": it must be made of letters, digits, '.', '_' and '-', and not "
           "begin with a dot");
  }
  if (shard_bytes == 0) refuse("shard_bytes is 0: it must be at least 1");
  if (reads > most_reads) {
    refuse("reads is " + std::to_string(reads) + ": it must be at most " +
           std::to_string(most_reads));
  }
  if (waiting_bytes == 0) refuse("waiting_bytes is 0: it must be at least 1");
  // False for NaN.
  if (!(errors.max_bad >= 0.0 && errors.max_bad <= 1.0)) {
    refuse("errors.max_bad is " + std::to_string(errors.max_bad) +
           ": it must be from 0 to 1");
  }
}

std::string_view name_of(PackEnd end) noexcept {
  return end == PackEnd::complete ? "complete" : "cancelled";
}

PackReport pack(const AnySource& source, const PackOptions& options) {
  options.validate();
  const detail::Stopwatch watch;
  PackReport report{.samples = source.size()};
  if (report.samples == 0) raise("pack.empty", "the pool has no samples");
  Shards shards(options, writer_of(options, source));
  Policy policy(options, report.samples);
  detail::Meter meter(options.progress, "pack", report.samples);
  {
    detail::OrderedReader reader(source, {.reads = reads_of(options, source),
                                          .max_bytes = options.waiting_bytes});
    for (std::size_t i = 0; i < report.samples; ++i) {
      std::optional<Result<Bytes>> bytes = reader.next(options.stop);
      if (!bytes || meter.update(i, policy.count()) == Flow::stop) {
        report.ended = PackEnd::cancelled;
        break;
      }
      const Sample sample = source.sample(i);
      if (!bytes->ok()) {
        policy.bad({i, sample.id, std::move(*bytes).error()});
        continue;
      }
      policy.good();
      report.bytes_read += (*bytes)->size();
      shards.add(i, sample, **bytes);
      ++report.packed;
    }
  }
  if (report.ended == PackEnd::complete) {
    report.shards = shards.publish();
    meter.finish(report.samples, policy.count());
  }
  for (const PackedShard& shard : report.shards) {
    report.bytes_written += shard.bytes;
  }
  report.failures = policy.take();
  report.seconds = watch.seconds();
  return report;
}

std::string PackReport::brief_report() const {
  std::string text = grouped(packed) + " of " + counted(samples, "sample") +
                     " in " + counted(shards.size(), "shard") + ", " +
                     megabytes(bytes_written) + " in " +
                     detail::fixed(seconds, 1) + " s";
  if (!failures.empty()) text += ", " + grouped(failures.size()) + " failed";
  if (ended == PackEnd::cancelled) text += ", cancelled: nothing was written";
  return text;
}

std::string PackReport::full_report() const {
  std::string text = brief_report() + '\n';
  if (!failures.empty())
    text += "  failed: " + detail::by_kind(failures) + '\n';
  for (const PackedShard& shard : shards) {
    text += "  " + shown(shard.file) + "  " + counted(shard.samples, "sample") +
            "  " + megabytes(shard.bytes) + '\n';
  }
  return text;
}

}  // namespace quarry
