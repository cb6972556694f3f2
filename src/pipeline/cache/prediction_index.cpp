#include "pipeline/cache/prediction_index.hpp"

#include <string_view>

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t digest_bytes = 8;
constexpr int most_looks = 1024;

constexpr const char* tables = R"(
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS rows(
  key BLOB PRIMARY KEY,
  row INTEGER NOT NULL UNIQUE,
  digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions(
  version TEXT PRIMARY KEY,
  key BLOB NOT NULL) WITHOUT ROWID;
COMMIT;
)";

}  // namespace

std::string digest_of_row(const std::string& key,
                          std::span<const std::byte> row) {
  const std::string_view text(reinterpret_cast<const char*>(row.data()),
                              row.size());
  return sha256(key + sha256(text)).substr(0, digest_bytes);
}

PredictionIndex::PredictionIndex(const std::filesystem::path& file,
                                 Database::Access access)
    : database_(file, access) {
  const bool writes = access == Database::Access::write;
  if (writes) {
    database_.run(tables);
    // What is said to be durable is so after a crash of the machine, too.
    database_.run("PRAGMA synchronous = FULL");
  }
  find_.emplace(
      database_.prepare("SELECT row, digest FROM rows WHERE key = ?"));
  key_of_.emplace(
      database_.prepare("SELECT key FROM versions WHERE version = ?"));
  rows_.emplace(database_.prepare("SELECT 1 + ifnull(max(row), -1) FROM rows"));
  if (!writes) return;
  put_.emplace(
      database_.prepare("INSERT OR REPLACE INTO rows VALUES(?, ?, ?)"));
  put_version_.emplace(
      database_.prepare("INSERT OR REPLACE INTO versions VALUES(?, ?)"));
}

void PredictionIndex::refresh() {
  if (looks_ == 0) return;
  looks_ = 0;
  database_.run("COMMIT");
}

/// Now and then what others have written is let in.
void PredictionIndex::hold() {
  if (looks_ == most_looks) refresh();
  if (looks_ == 0) database_.run("BEGIN");
  ++looks_;
}

std::optional<KeptRow> PredictionIndex::find(const std::string& key) {
  hold();
  find_->blob(1, key);
  if (!find_->next()) return std::nullopt;
  KeptRow row{.row = static_cast<std::uint64_t>(find_->number(0)),
              .digest = find_->bytes(1)};
  find_->reset();
  return row;
}

std::string PredictionIndex::key_of(const std::string& version) {
  hold();
  key_of_->text(1, version);
  if (!key_of_->next()) return {};
  std::string key = key_of_->bytes(0);
  key_of_->reset();
  return key;
}

std::uint64_t PredictionIndex::rows() {
  rows_->next();
  const auto rows = static_cast<std::uint64_t>(rows_->number(0));
  rows_->reset();
  return rows;
}

std::uint64_t PredictionIndex::samples() {
  return count("SELECT count(*) FROM rows");
}

std::uint64_t PredictionIndex::versions() {
  return count("SELECT count(*) FROM versions");
}

std::uint64_t PredictionIndex::count(const char* sql) {
  Statement counting = database_.prepare(sql);
  counting.next();
  return static_cast<std::uint64_t>(counting.number(0));
}

void PredictionIndex::each(
    const std::function<void(const std::string& key, const KeptRow&)>& visit) {
  Statement all =
      database_.prepare("SELECT key, row, digest FROM rows ORDER BY row");
  while (all.next()) {
    visit(all.bytes(0), {.row = static_cast<std::uint64_t>(all.number(1)),
                         .digest = all.bytes(2)});
  }
}

void PredictionIndex::put(const std::string& key, const KeptRow& row) {
  put_->blob(1, key)
      .number(2, static_cast<std::int64_t>(row.row))
      .blob(3, row.digest)
      .run();
}

void PredictionIndex::put_version(const std::string& version,
                                  const std::string& key) {
  put_version_->text(1, version).blob(2, key).run();
}

void PredictionIndex::forget_versions() {
  database_.run("DELETE FROM versions");
}

}  // namespace quarry::detail
