#include "net/byte_cache.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <fcntl.h>
#include <future>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "quarry/core/detail/text.hpp"

#include "core/file_lock.hpp"
#include "net/cache_folder.hpp"
#include "net/digest.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_waiting = std::size_t{64} << 20;
/// What an object costs in the queue besides its bytes.
constexpr std::size_t cost = 1024;
constexpr std::size_t most_in_transaction = 1024;
constexpr std::size_t evicted_at_once = 512;
/// A body that was used so lately need not be said to be used again.
constexpr std::int64_t lately = 60'000;

}  // namespace

std::int64_t system_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

ByteCache::ByteCache(ByteCacheOptions options, CacheClock clock)
    : options_(std::move(options)),
      clock_(std::move(clock)),
      files_(options_.directory / byte_cache_objects) {
  const bool reads = options_.use != CacheUse::write;
  std::optional<Failure> refused;
  if (options_.use != CacheUse::read && !options_.offline) {
    try {
      open_to_write();
      keeps_ = true;
    } catch (const Error& error) {
      if (!reads) throw;
      refused = error.failure();
    }
  }
  try {
    if (reads && !reading_) open_to_read();
  } catch (const Error&) {
    if (!refused) throw;
    // Neither written nor read: the first reason is the one to tell.
    refused->id = "cache.unusable";
    raise(*std::move(refused));
  }
  if (refused) {
    refused->message += "; nothing new is kept";
    broken(*std::move(refused));
  }
  if (!keeps_) return;
  worker_ = std::make_unique<Worker<Change>>(
      "quarry-cache", most_in_transaction,
      [this](std::vector<Change> changes) { work(std::move(changes)); });
}

ByteCache::~ByteCache() {
  finish();
}

void ByteCache::flush() {
  if (!worker_ || writer_ == std::this_thread::get_id()) return;
  const auto written = std::make_shared<std::promise<void>>();
  auto waiting = written->get_future();
  Change last{.what = Change::What::nothing, .then = [written] {
                written->set_value();
              }};
  if (worker_->post(std::move(last))) waiting.wait();
}

void ByteCache::finish() {
  if (worker_) worker_->finish();
}

fs::path ByteCache::index_file() const {
  return options_.directory / byte_cache_index;
}

void ByteCache::open_to_write() {
  make_cache_folder(options_.directory);
  const FileLock lock = FileLock::wait(options_.directory / "lock");
  std::error_code error;
  bool fresh = !fs::exists(index_file(), error);
  const auto open = [&] {
    writing_.emplace(index_file(), Database::Access::write);
    if (options_.use != CacheUse::write)
      reading_.emplace(index_file(), Database::Access::read);
  };
  try {
    if (!fresh) open();
  } catch (const Error& damage) {
    if (damage.id() != "cache.corrupt") throw;
    Failure failure = damage.failure();
    failure.message +=
        "; the cache in " + shown(options_.directory) + " is begun anew";
    broken(std::move(failure));
    writing_.reset();
    fresh = true;
  }
  if (fresh) {
    // Files that no index counts would stay for ever.
    remove_database(index_file());
    files_.clear();
    open();
  }
  finds_ = reading_.has_value();
  files_.remove_old_parts();
}

void ByteCache::open_to_read() {
  std::error_code error;
  if (!fs::exists(index_file(), error)) {
    raise("cache.unusable", "there is no cache in " + shown(options_.directory),
          "it is filled by a run with the cache on and not offline");
  }
  reading_.emplace(open_for_reading<CacheIndex>(index_file()));
  finds_ = true;
}

std::optional<CachedObject> ByteCache::find(const std::string& key) {
  if (!finds_) return std::nullopt;
  try {
    const std::lock_guard lock(reading_mutex_);
    return reading_->find(key);
  } catch (const Error& error) {
    broken(error.failure());
    finds_ = false;
    return std::nullopt;
  }
}

std::optional<Bytes> ByteCache::load(const std::string& key,
                                     const CachedObject& object) {
  BodyFiles::Read read = files_.read(object.hash, object.size);
  if (read.gone) {
    post({.what = Change::What::forget, .key = key, .object = object});
  } else if (read.bytes && clock_() - object.used_at > lately) {
    post({.what = Change::What::use, .object = object});
  }
  return std::move(read.bytes);
}

void ByteCache::store(std::string key, CachedObject object, Bytes body,
                      const std::function<void()>& then) {
  const std::size_t bytes = body.size() + cost;
  // A body that leaves no room for others would be the next to go.
  if (!keeps_ || room_of(body.size()) > options_.max_bytes / 10 * 9) {
    return then();
  }
  Change change{.what = Change::What::store,
                .key = std::move(key),
                .object = std::move(object),
                .body = std::move(body)};
  const bool room = waiting_.fetch_add(bytes) < most_waiting;
  if (!room) change.then = then;
  if (!worker_->post(std::move(change)) || room) then();
}

void ByteCache::forget(std::string key) {
  post({.what = Change::What::forget, .key = std::move(key)});
}

void ByteCache::post(Change change) {
  if (keeps_) worker_->post(std::move(change));
}

void ByteCache::work(std::vector<Change> changes) noexcept {
  writer_ = std::this_thread::get_id();
  // No batch is so large that it has no room beside what is there.
  const std::uint64_t most = options_.max_bytes / 10;
  std::size_t begin = 0;
  while (begin < changes.size()) {
    std::size_t end = begin;
    std::uint64_t room = 0;
    do {
      room += room_of(changes[end].body.size());
      ++end;
    } while (end < changes.size() &&
             room + room_of(changes[end].body.size()) <= most);
    const std::span<Change> batch(changes.data() + begin, end - begin);
    try {
      if (keeps_) write(batch);
    } catch (const Error& error) {
      Failure failure = error.failure();
      failure.message += "; nothing more is kept";
      broken(std::move(failure));
      keeps_ = false;
    } catch (const std::exception& error) {
      keeps_ = false;
      broken(
          Failure{"cache.write",
                  std::string("the cache cannot be written: ") + error.what()});
    }
    for (Change& change : batch) {
      if (change.what == Change::What::store)
        waiting_ -= change.body.size() + cost;
      change.body = {};
      if (change.then) change.then();
    }
    begin = end;
  }
}

void ByteCache::write(std::span<Change> changes) {
  const std::int64_t now = clock_();
  bool stores = false;
  for (Change& change : changes) {
    if (change.what != Change::What::store) continue;
    stores = true;
    change.object.hash = sha256(change.body.text());
    change.object.size = change.body.size();
  }
  if (stores) {
    Transaction coming = writing_->change();
    for (const Change& change : changes) {
      if (change.what == Change::What::store)
        writing_->expect({change.object.hash, change.object.size}, now);
    }
    coming.commit();
    make_room();
  }
  for (const Change& change : changes) {
    if (change.what == Change::What::store) {
      files_.write(change.object.hash, change.body);
    } else if (change.what == Change::What::forget &&
               !change.object.hash.empty()) {
      files_.remove(change.object.hash);
    }
  }
  std::vector<std::string> uncounted;
  Transaction there = writing_->change();
  for (const Change& change : changes) {
    switch (change.what) {
      case Change::What::store:
        if (!writing_->put(change.key, change.object))
          uncounted.push_back(change.object.hash);
        break;
      case Change::What::use:
        writing_->use(change.object.hash, now);
        break;
      case Change::What::forget:
        writing_->forget(change.key);
        break;
      case Change::What::nothing:
        break;
    }
  }
  there.commit();
  for (const std::string& hash : uncounted) files_.remove(hash);
}

void ByteCache::make_room() {
  std::uint64_t room = writing_->room();
  if (room <= options_.max_bytes) return;
  const std::uint64_t wanted = options_.max_bytes / 10 * 9;
  while (room > wanted) {
    std::vector<CachedBody> bodies = writing_->oldest(evicted_at_once);
    if (bodies.empty()) return;
    std::size_t count = 0;
    for (; count < bodies.size() && room > wanted; ++count) {
      room -= std::min(room, room_of(bodies[count].size));
    }
    bodies.resize(count);
    for (const CachedBody& body : bodies) files_.remove(body.hash);
    Transaction going = writing_->change();
    for (const CachedBody& body : bodies) writing_->remove(body.hash);
    going.commit();
    room = writing_->room();
  }
}

/// Something is wrong: said once. A damaged index goes, so that the next
/// process begins anew.
void ByteCache::broken(Failure failure) noexcept {
  try {
    const bool damaged = failure.id == "cache.corrupt";
    {
      const std::lock_guard lock(failures_mutex_);
      const bool known =
          std::any_of(failures_.begin(), failures_.end(),
                      [&](const Failure& f) { return f.id == failure.id; });
      if (known) return;
      failures_.push_back(failure);
    }
    if (damaged && keeps_) {
      keeps_ = false;
      finds_ = false;
      const FileLock lock = FileLock::wait(options_.directory / "lock");
      remove_database(index_file());
    }
  } catch (...) {  // no memory, or no folder any more
  }
  tell(options_, failure);
}

void tell(const ByteCacheOptions& options, const Failure& failure) noexcept {
  try {
    if (options.on_failure) options.on_failure(failure);
  } catch (...) {  // it must not throw, and nobody can be told that it does
  }
}

std::vector<Failure> ByteCache::failures() const {
  const std::lock_guard lock(failures_mutex_);
  return failures_;
}

}  // namespace quarry::detail
