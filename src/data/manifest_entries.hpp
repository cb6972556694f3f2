#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "quarry/core/detail/records.hpp"

namespace quarry::detail {

/// One entry as a list has it; an empty id or truth is none.
struct ManifestEntry {
  std::string uri;
  std::string id = {};
  std::string truth = {};
};

/// Where in the list an entry stands.
struct EntryPlace {
  std::size_t line = 0;                ///< counted from 1
  std::function<std::string()> where;  ///< "pool.csv:17", for messages
};

using TakeEntry = std::function<void(const ManifestEntry&, const EntryPlace&)>;

/// Calls `take` for every entry of a list, whose kind is the ending of `name`.
/// Raises `source.format`, `source.manifest`, and what `LineReader`,
/// `CsvReader` and `read_fields` raise.
void read_entries(const std::filesystem::path& file, std::string_view name,
                  const RecordOptions& options, const TakeEntry& take);

}  // namespace quarry::detail
