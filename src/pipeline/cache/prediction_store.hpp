#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/pipeline/prediction_cache_options.hpp"

#include "core/file_lock.hpp"
#include "net/worker.hpp"
#include "pipeline/cache/prediction_index.hpp"
#include "pipeline/cache/recipe.hpp"
#include "pipeline/cache/row_file.hpp"

namespace quarry::detail {

/// The predictions of one recipe that are kept, for the time of a run:
///
///     DIRECTORY/<model>/<recipe>/recipe.json   what they were made with
///                                rows          fp32, one after the other
///                                index.db      key → row, once it is durable;
///                                              version → key
///                                lock          of whoever writes
///
/// Nothing that goes wrong is raised or stops a run: see `notes`. All members
/// but `finish` and `notes` may be called from any thread.
class PredictionStore {
 public:
  PredictionStore(const PredictionCacheOptions& options, const Recipe& recipe);
  PredictionStore(const PredictionStore&) = delete;
  PredictionStore& operator=(const PredictionStore&) = delete;
  ~PredictionStore();

  /// Fills `out`, `Recipe::width()` numbers, with what is kept under the
  /// SHA-256 of a sample, or about to be; false when nothing sound is.
  bool find(const std::string& key, std::span<float> out) noexcept;
  /// The SHA-256 of the sample with this version; empty when it is not known.
  std::string key_of(const std::string& version) noexcept;
  /// Keeps a row, soon.
  void keep(const std::string& key, std::span<const float> row) noexcept;
  /// Keeps the SHA-256 of the sample with this version, soon.
  void know(const std::string& version, const std::string& key) noexcept;
  bool keeps() const noexcept { return keeps_; }

  /// Makes durable what was given.
  void finish() noexcept;
  /// Rows that this run has made durable.
  std::size_t kept() const noexcept { return kept_; }
  /// What an operator should know: a sentence each.
  std::vector<std::string> notes() const;

 private:
  using Numbers = std::shared_ptr<const std::vector<float>>;
  /// Something to keep: a row, or a version.
  struct Item {
    std::string key;
    Numbers numbers = nullptr;
    std::string version = {};
  };

  std::filesystem::path file(const char* name) const { return folder_ / name; }
  void open();
  void open_to_write();
  void open_to_read();
  void open_files();
  void write_recipe();
  void close();
  void begin_anew();
  bool find_room(std::size_t rows);
  void note_other_machines(const std::filesystem::path& of_model);
  bool find_fresh(const std::string& key, std::span<float> out);
  template <class Look>
  void look_up(const Look& look) noexcept;
  bool reserve(std::size_t bytes) noexcept;
  void work(std::vector<Item> items) noexcept;
  void add(const Item& row);
  void flush();
  void stop_keeping(const std::exception& error) noexcept;
  void broken(const std::exception& error, std::string_view what) noexcept;
  void note(std::string text) noexcept;

  PredictionCacheOptions options_;
  Recipe recipe_;
  std::string kind_;      // of what is kept
  std::string not_used_;  // sentences of notes
  std::string not_kept_;
  std::size_t row_bytes_;
  std::filesystem::path folder_;
  std::optional<FileLock> lock_;
  std::optional<RowFile> rows_;
  std::atomic<bool> finds_ = false;
  std::atomic<bool> keeps_ = false;
  std::atomic<bool> corrupt_ = false;  // the index, to be begun anew
  bool finds_rows_ = false;            // of others, when this run opened it

  std::mutex reading_;
  std::atomic<bool> flushed_rows_ = false;  // that the index has not seen
  std::optional<PredictionIndex> index_;    // to read

  // Of the worker's thread, and of `finish` once it is through:
  std::optional<PredictionIndex> writing_;
  std::uint64_t next_ = 0;  // row
  std::uint64_t room_ = 0;  // bytes that others leave
  std::vector<std::byte> buffer_;
  std::vector<std::pair<std::string, KeptRow>> waiting_;
  std::vector<Item> versions_waiting_;
  std::uint64_t versions_ = 0;  // in the index
  std::chrono::steady_clock::time_point flushed_;

  std::mutex freshening_;
  std::unordered_map<std::string, Numbers> fresh_;  // not durable yet

  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<std::size_t> kept_ = 0;
  std::atomic<std::size_t> left_out_ = 0;  // for want of time to write
  mutable std::mutex noting_;
  std::vector<std::string> notes_;
  std::unordered_set<std::uint64_t> damaged_;  // rows
  std::unique_ptr<Worker<Item>> worker_;
};

}  // namespace quarry::detail
