#include "net/cache_index.hpp"

#include "quarry/core/error.hpp"

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

constexpr std::int64_t layout = 1;
constexpr std::uint64_t block = 4096;

constexpr const char* tables = R"(
CREATE TABLE bodies(
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  room INTEGER NOT NULL,
  used_at INTEGER NOT NULL);
CREATE INDEX bodies_by_use ON bodies(used_at);
CREATE TABLE objects(
  key BLOB PRIMARY KEY,
  body INTEGER NOT NULL,
  version TEXT NOT NULL,
  etag TEXT NOT NULL,
  last_modified TEXT NOT NULL,
  content_range TEXT NOT NULL,
  found_at TEXT NOT NULL,
  seal BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX objects_by_body ON objects(body);
CREATE TABLE total(room INTEGER NOT NULL);
INSERT INTO total VALUES(0);
CREATE TRIGGER body_comes AFTER INSERT ON bodies
  BEGIN UPDATE total SET room = room + new.room; END;
CREATE TRIGGER body_goes AFTER DELETE ON bodies
  BEGIN UPDATE total SET room = room - old.room; END;
PRAGMA user_version = 1;
)";

/// Holds a key and what is kept under it together: SQLite has no checksums, and
/// a flipped bit must not lead to the bytes of another object.
std::string seal_of(const std::string& key, const CachedObject& object) {
  std::string text = key + object.hash;
  for (const std::string* part :
       {&object.version, &object.etag, &object.last_modified, &object.found_at,
        &object.content_range}) {
    text += std::to_string(part->size()) + ' ' + *part;
  }
  return sha256(text).substr(0, 16);
}

std::int64_t layout_of(Database& database) {
  Statement version = database.prepare("PRAGMA user_version");
  version.next();
  return version.number(0);
}

}  // namespace

std::uint64_t room_of(std::uint64_t bytes) noexcept {
  return (bytes + block - 1) / block * block;
}

CacheIndex::CacheIndex(const std::filesystem::path& file,
                       Database::Access access)
    : database_(file, access) {
  const bool writes = access == Database::Access::write;
  if (writes && layout_of(database_) == 0) {
    Transaction making(database_);
    // Another process may have been faster.
    if (layout_of(database_) == 0) database_.run(tables);
    making.commit();
  }
  if (layout_of(database_) != layout) {
    raise("cache.unusable", "the cache was made by another version of Quarry",
          "name another folder, or remove this one");
  }
  find_.emplace(database_.prepare(
      "SELECT hash, size, version, etag, last_modified, content_range, "
      "found_at, used_at, seal FROM objects "
      "JOIN bodies ON bodies.id = objects.body WHERE key = ?"));
  room_.emplace(database_.prepare("SELECT room FROM total"));
  oldest_.emplace(database_.prepare(
      "SELECT hash, size FROM bodies ORDER BY used_at, id LIMIT ?"));
  if (!writes) return;
  expect_.emplace(database_.prepare(
      "INSERT INTO bodies(hash, size, room, used_at) VALUES(?, ?, ?, ?) "
      "ON CONFLICT(hash) DO UPDATE SET used_at = excluded.used_at"));
  put_.emplace(database_.prepare(
      "INSERT OR REPLACE INTO objects "
      "SELECT ?, id, ?, ?, ?, ?, ?, ? FROM bodies WHERE hash = ?"));
  forget_.emplace(database_.prepare("DELETE FROM objects WHERE key = ?"));
  use_.emplace(
      database_.prepare("UPDATE bodies SET used_at = ? WHERE hash = ?"));
  remove_objects_.emplace(
      database_.prepare("DELETE FROM objects WHERE body = "
                        "(SELECT id FROM bodies WHERE hash = ?)"));
  remove_body_.emplace(database_.prepare("DELETE FROM bodies WHERE hash = ?"));
}

std::optional<CachedObject> CacheIndex::find(const std::string& key) {
  find_->blob(1, key);
  if (!find_->next()) return std::nullopt;
  CachedObject object{.hash = find_->bytes(0),
                      .size = static_cast<std::uint64_t>(find_->number(1)),
                      .version = find_->bytes(2),
                      .etag = find_->bytes(3),
                      .last_modified = find_->bytes(4),
                      .content_range = find_->bytes(5),
                      .found_at = find_->bytes(6),
                      .used_at = find_->number(7)};
  const std::string seal = find_->bytes(8);
  find_->reset();
  if (seal != seal_of(key, object)) {
    raise("cache.corrupt", "the cache's index is damaged: a row was changed");
  }
  return object;
}

std::uint64_t CacheIndex::room() {
  if (!room_->next()) raise("cache.corrupt", "the cache's index is empty");
  const auto room = static_cast<std::uint64_t>(room_->number(0));
  room_->reset();
  return room;
}

void CacheIndex::expect(const CachedBody& body, std::int64_t now) {
  expect_->blob(1, body.hash)
      .number(2, static_cast<std::int64_t>(body.size))
      .number(3, static_cast<std::int64_t>(room_of(body.size)))
      .number(4, now)
      .run();
}

bool CacheIndex::put(const std::string& key, const CachedObject& object) {
  const std::string seal = seal_of(key, object);
  put_->blob(1, key)
      .text(2, object.version)
      .text(3, object.etag)
      .text(4, object.last_modified)
      .text(5, object.content_range)
      .text(6, object.found_at)
      .blob(7, seal)
      .blob(8, object.hash)
      .run();
  return database_.changed() > 0;
}

void CacheIndex::forget(const std::string& key) {
  forget_->blob(1, key).run();
}

void CacheIndex::use(const std::string& hash, std::int64_t now) {
  use_->number(1, now).blob(2, hash).run();
}

std::vector<CachedBody> CacheIndex::oldest(std::size_t count) {
  std::vector<CachedBody> bodies;
  oldest_->number(1, static_cast<std::int64_t>(count));
  while (oldest_->next()) {
    bodies.push_back({.hash = oldest_->bytes(0),
                      .size = static_cast<std::uint64_t>(oldest_->number(1))});
  }
  return bodies;
}

void CacheIndex::remove(const std::string& hash) {
  remove_objects_->blob(1, hash).run();
  remove_body_->blob(1, hash).run();
}

}  // namespace quarry::detail
