#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "net/sqlite.hpp"

namespace quarry::detail {

/// Where the prediction of a sample is.
struct KeptRow {
  std::uint64_t row = 0;    ///< in the file of rows
  std::string digest = {};  ///< see `digest_of_row`
};

/// Digest that holds a row and the sample it is of together.
std::string digest_of_row(const std::string& key,
                          std::span<const std::byte> row);

/// Which samples have a row that is durable, by the SHA-256 of their bytes, and
/// which versions (see `DataSource`) have which SHA-256. For one thread at a
/// time; raises what `Database` raises.
class PredictionIndex {
 public:
  /// With `Access::write` it is made where it is missing. It is seen as it was
  /// when it was first looked into: to ask the system every time whether it has
  /// changed would cost more than the look.
  PredictionIndex(const std::filesystem::path& file, Database::Access access);
  /// From the next look on it is seen as it is then.
  void refresh();

  std::optional<KeptRow> find(const std::string& key);
  /// The key of the sample with this version; empty when it is not known.
  std::string key_of(const std::string& version);
  /// Rows that the file has, damaged ones and their successors both.
  std::uint64_t rows();
  /// How many samples have one.
  std::uint64_t samples();
  /// How many versions there are.
  std::uint64_t versions();
  /// Calls `visit` for every sample.
  void each(
      const std::function<void(const std::string& key, const KeptRow&)>& visit);

  /// All of it belongs into a transaction.
  Transaction change() {
    refresh();
    return Transaction(database_);
  }
  void put(const std::string& key, const KeptRow& row);
  void put_version(const std::string& version, const std::string& key);
  void forget_versions();

 private:
  void hold();
  std::uint64_t count(const char* sql);

  Database database_;
  int looks_ = 0;  // since it is held; 0: it is not
  std::optional<Statement> find_;
  std::optional<Statement> key_of_;
  std::optional<Statement> rows_;
  std::optional<Statement> put_;
  std::optional<Statement> put_version_;
};

}  // namespace quarry::detail
