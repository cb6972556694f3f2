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

/// Which samples have a row that is durable, by the SHA-256 of their bytes. For
/// one thread at a time; raises what `Database` raises.
class PredictionIndex {
 public:
  /// With `Access::write` it is made where it is missing.
  PredictionIndex(const std::filesystem::path& file, Database::Access access);

  std::optional<KeptRow> find(const std::string& key);
  /// Rows that the file has, damaged ones and their successors both.
  std::uint64_t rows();
  /// How many samples have one.
  std::uint64_t samples();
  /// Calls `visit` for every sample.
  void each(
      const std::function<void(const std::string& key, const KeptRow&)>& visit);

  /// All of it belongs into a transaction.
  Transaction change() { return Transaction(database_); }
  void put(const std::string& key, const KeptRow& row);

 private:
  Database database_;
  std::optional<Statement> find_;
  std::optional<Statement> rows_;
  std::optional<Statement> put_;
};

}  // namespace quarry::detail
