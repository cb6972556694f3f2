#include "net/sqlite.hpp"

#include <sqlite3.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

// Another process's turn takes milliseconds.
constexpr int patience_ms = 60'000;

[[noreturn]] void fail(sqlite3* database, int code) {
  const std::string why =
      database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  const char* file =
      database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const std::string index =
      "the cache's index" +
      (file == nullptr || *file == 0 ? std::string() : ' ' + shown(file));
  const std::string what = index + " cannot be used: " + why;
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // our statements are right: the schema is not
      raise("cache.corrupt", index + " is damaged: " + why);
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_IOERR:
      raise("cache.write", what);
    default:
      raise("cache.unusable", what);
  }
}

void expect(sqlite3* database, int code) {
  if (code != SQLITE_OK) fail(database, code);
}

}  // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, const char* sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(
      database, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  statement_.reset(made);
  expect(database, code);
}

Statement& Statement::blob(int parameter, std::string_view bytes) {
  sqlite3_stmt* const s = statement_.get();
  expect(sqlite3_db_handle(s),
         sqlite3_bind_blob64(s, parameter, bytes.data(), bytes.size(),
                             SQLITE_STATIC));
  return *this;
}

Statement& Statement::text(int parameter, std::string_view text) {
  sqlite3_stmt* const s = statement_.get();
  // No pointer would be NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  expect(sqlite3_db_handle(s),
         sqlite3_bind_text64(s, parameter, data, text.size(), SQLITE_STATIC,
                             SQLITE_UTF8));
  return *this;
}

Statement& Statement::number(int parameter, std::int64_t value) {
  sqlite3_stmt* const s = statement_.get();
  expect(sqlite3_db_handle(s), sqlite3_bind_int64(s, parameter, value));
  return *this;
}

bool Statement::next() {
  sqlite3_stmt* const s = statement_.get();
  const int code = sqlite3_step(s);
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(s);
  if (code != SQLITE_DONE) fail(sqlite3_db_handle(s), code);
  return false;
}

void Statement::run() {
  while (next()) {
  }
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_.get());
}

std::string Statement::bytes(int column) const {
  sqlite3_stmt* const s = statement_.get();
  const void* data = sqlite3_column_blob(s, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, column));
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), size};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Database::Database(const std::filesystem::path& file, Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  // Of those who could write the last one takes away the files beside the
  // index, which readers need, too.
  flags |=
      access == Access::frozen ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::write) flags |= SQLITE_OPEN_CREATE;
  std::string uri =
      "file:" + percent_encode(std::filesystem::absolute(file).native());
  if (access == Access::frozen) uri += "?immutable=1";
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  expect(opened, code);
  sqlite3_busy_timeout(opened, patience_ms);
  // What a damaged file says is not to be believed.
  run("PRAGMA trusted_schema = OFF");
  if (access != Access::write) {
    run("PRAGMA query_only = ON");
    return;
  }
  run("PRAGMA journal_mode = WAL");
  // In WAL mode a crash of the machine may cost the last transactions, and
  // nothing else.
  run("PRAGMA synchronous = NORMAL");
  run("PRAGMA cache_size = -4096");
}

void Database::run(const char* sql) {
  expect(database_.get(),
         sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

int Database::changed() const {
  return sqlite3_changes(database_.get());
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {
    // The error that brought us here has rolled back already.
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace quarry::detail
