#pragma once

#include <filesystem>
#include <unistd.h>

#include "quarry/core/error.hpp"

#include "net/sqlite.hpp"

namespace quarry::detail {

/// Makes a folder that is for its owner alone, unless it is there. Raises
/// `cache.unusable`.
void make_cache_folder(const std::filesystem::path& folder);

/// An index, made of (file, access), to read from. Where nothing can be written
/// the files that readers share cannot be made, but nobody else writes either.
template <class Index>
Index open_for_reading(const std::filesystem::path& file) {
  try {
    return Index(file, Database::Access::read);
  } catch (const Error&) {
    if (::access(file.parent_path().c_str(), W_OK) == 0) throw;
    return Index(file, Database::Access::frozen);
  }
}

/// Removes a database and the files beside it.
void remove_database(const std::filesystem::path& file) noexcept;

}  // namespace quarry::detail
