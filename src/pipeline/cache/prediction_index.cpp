#include "pipeline/cache/prediction_index.hpp"

#include <string_view>

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t digest_bytes = 8;

constexpr const char* tables = R"(
CREATE TABLE IF NOT EXISTS rows(
  key BLOB PRIMARY KEY,
  row INTEGER NOT NULL UNIQUE,
  digest BLOB NOT NULL) WITHOUT ROWID;
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
  rows_.emplace(database_.prepare("SELECT 1 + ifnull(max(row), -1) FROM rows"));
  if (!writes) return;
  put_.emplace(
      database_.prepare("INSERT OR REPLACE INTO rows VALUES(?, ?, ?)"));
}

std::optional<KeptRow> PredictionIndex::find(const std::string& key) {
  find_->blob(1, key);
  if (!find_->next()) return std::nullopt;
  KeptRow row{.row = static_cast<std::uint64_t>(find_->number(0)),
              .digest = find_->bytes(1)};
  find_->reset();
  return row;
}

std::uint64_t PredictionIndex::rows() {
  rows_->next();
  const auto rows = static_cast<std::uint64_t>(rows_->number(0));
  rows_->reset();
  return rows;
}

std::uint64_t PredictionIndex::samples() {
  Statement count = database_.prepare("SELECT count(*) FROM rows");
  count.next();
  return static_cast<std::uint64_t>(count.number(0));
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

}  // namespace quarry::detail
