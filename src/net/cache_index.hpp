#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/sqlite.hpp"

namespace quarry::detail {

/// What is kept of an object, its bytes aside.
struct CachedObject {
  std::string hash = {};  ///< SHA-256 of the bytes: 32 bytes
  std::uint64_t size = 0;
  std::string version = {};        ///< `Request::version`
  std::string etag = {};           ///< as the host gave it
  std::string last_modified = {};  ///< the same
  std::string content_range = {};  ///< the same, of a part of an object
  std::string found_at = {};       ///< where redirects led to, without a query
  std::int64_t used_at = 0;        ///< of its bytes
};

/// Bytes that are kept, for any number of objects.
struct CachedBody {
  std::string hash;
  std::uint64_t size = 0;
};

/// Which objects are kept, by key, and which bytes, by when they were used. For
/// one thread at a time; raises what `Database` raises.
///
/// The room that bodies take is counted from before their files are there until
/// after they are gone, so that a killed process leaves none uncounted.
class CacheIndex {
 public:
  /// With `Access::write` an index is made where there is none.
  CacheIndex(const std::filesystem::path& file, Database::Access access);

  std::optional<CachedObject> find(const std::string& key);
  /// The room that all bodies take.
  std::uint64_t room();

  // All of these belong into a transaction.
  Transaction change() { return Transaction(database_); }
  /// Counts a body whose file is about to be written.
  void expect(const CachedBody& body, std::int64_t now);
  /// False when its body is not counted: somebody has removed it meanwhile.
  bool put(const std::string& key, const CachedObject& object);
  void forget(const std::string& key);
  void use(const std::string& hash, std::int64_t now);
  /// The bodies that were not used for longest, in this order.
  std::vector<CachedBody> oldest(std::size_t count);
  /// A body whose file is gone, and all objects that have it.
  void remove(const std::string& hash);

 private:
  Database database_;
  std::optional<Statement> find_;
  std::optional<Statement> room_;
  std::optional<Statement> expect_;
  std::optional<Statement> put_;
  std::optional<Statement> forget_;
  std::optional<Statement> use_;
  std::optional<Statement> oldest_;
  std::optional<Statement> remove_objects_;
  std::optional<Statement> remove_body_;
};

/// The room that a file of so many bytes takes.
std::uint64_t room_of(std::uint64_t bytes) noexcept;

}  // namespace quarry::detail
