#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace quarry::detail {

/// A statement of a `Database`, which outlives it.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql);

  /// Parameters are counted from 1 and hold until the next `run` has ended.
  Statement& blob(int parameter, std::string_view bytes);
  Statement& text(int parameter, std::string_view text);
  Statement& number(int parameter, std::int64_t value);

  /// Goes to the next row; false when there is none, and the statement can be
  /// run again.
  bool next();
  /// Runs to the end.
  void run();
  /// Before the end.
  void reset() noexcept;

  /// Columns are counted from 0.
  std::string bytes(int column) const;
  std::int64_t number(int column) const;

 private:
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

/// An SQLite file, for one thread at a time. Everything raises `cache.corrupt`
/// for a damaged file, `cache.unusable` for one that cannot be opened, and
/// `cache.write`.
class Database {
 public:
  enum class Access {
    write,  ///< made where it is missing
    read,
    frozen  ///< read, in a folder in which nothing can be written
  };
  Database(const std::filesystem::path& file, Access access);

  void run(const char* sql);
  Statement prepare(const char* sql) { return {database_.get(), sql}; }
  /// Rows that the last statement changed.
  int changed() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// What is written while it lives is visible all at once, with `commit()`, or
/// not at all.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace quarry::detail
