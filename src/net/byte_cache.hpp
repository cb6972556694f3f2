#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/net/byte_cache_options.hpp"

#include "net/body_files.hpp"
#include "net/cache_index.hpp"
#include "net/worker.hpp"

namespace quarry::detail {

inline constexpr const char* byte_cache_index = "index.db";
inline constexpr const char* byte_cache_objects = "objects";

/// Milliseconds since 1970.
using CacheClock = std::function<std::int64_t()>;
std::int64_t system_milliseconds();

/// What `ByteCacheOptions` describes. Thread-safe; writes on a thread of its
/// own, many objects in one transaction.
///
/// What goes wrong after it was opened is kept for `failures()`; from then on
/// nothing is kept any more, or nothing found.
class ByteCache {
 public:
  /// Raises `cache.unusable`, and `cache.corrupt` where nothing may be written.
  explicit ByteCache(ByteCacheOptions options,
                     CacheClock clock = system_milliseconds);
  /// Writes what it was given before.
  ~ByteCache();

  const ByteCacheOptions& options() const noexcept { return options_; }
  bool keeps() const noexcept { return keeps_; }

  /// What is kept under a key, but for the bytes.
  std::optional<CachedObject> find(const std::string& key);
  /// Its bytes, as they were stored; nothing when they are no longer there.
  std::optional<Bytes> load(const std::string& key, const CachedObject& object);

  /// Keeps an object; hash, size and time of `object` are found out. Calls
  /// `then` at once when there is room in the queue, and otherwise when the
  /// object is written: who waits for it gives the disk time.
  void store(std::string key, CachedObject object, Bytes body,
             const std::function<void()>& then);
  void forget(std::string key);

  /// Waits until all that it was given before is written, or not to be; but for
  /// who is called by this cache.
  void flush();
  /// Writes all that it was given; takes nothing more.
  void finish();
  /// What it could not do; one of a kind.
  std::vector<Failure> failures() const;

 private:
  /// Something to write.
  struct Change {
    enum class What { store, use, forget, nothing };
    What what;
    std::string key = {};
    CachedObject object = {};
    Bytes body = {};
    std::function<void()> then = {};
  };

  void open_to_write();
  void open_to_read();
  void post(Change change);
  void work(std::vector<Change> changes) noexcept;
  void write(std::span<Change> changes);
  void make_room();
  void broken(Failure failure) noexcept;
  std::filesystem::path index_file() const;

  ByteCacheOptions options_;
  CacheClock clock_;
  BodyFiles files_;
  std::optional<CacheIndex> writing_;  // the worker's own
  std::mutex reading_mutex_;
  std::optional<CacheIndex> reading_;
  std::atomic<bool> keeps_ = false;
  std::atomic<bool> finds_ = false;
  std::atomic<std::size_t> waiting_ = 0;  // bytes in the queue
  std::atomic<std::thread::id> writer_ = {};
  mutable std::mutex failures_mutex_;
  std::vector<Failure> failures_;
  std::unique_ptr<Worker<Change>> worker_;  // last: it uses all of the above
};

/// Calls `on_failure`, where there is one.
void tell(const ByteCacheOptions& options, const Failure& failure) noexcept;

}  // namespace quarry::detail
