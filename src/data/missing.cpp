#include "data/missing.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

#include "quarry/core/did_you_mean.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

/// What `directory` holds, in an order of its own.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end;
       !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().native());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string hint_for_missing(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  if (error) return {};
  whole = whole.lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();

  fs::path existing = whole.parent_path();
  if (fs::is_directory(existing, error)) {
    const std::string name =
        nearest_name(whole.filename().native(), names_in(existing));
    if (name.empty()) return {};
    const fs::path given = path.has_filename() ? path : path.parent_path();
    return "did you mean " + shown(given.parent_path() / name) + '?';
  }
  while (!fs::is_directory(existing, error) &&
         existing != existing.parent_path()) {
    existing = existing.parent_path();
  }
  return "of this path only " + shown(existing) + " exists";
}

std::string hint_for_scheme(std::string_view scheme) {
  if (scheme == "gs") {
    return "a bucket of Google's is read as s3://bucket/... with "
           "AWS_ENDPOINT_URL=https://storage.googleapis.com and an HMAC key";
  }
  if (scheme == "hf") {
    return "a file of a data set on Hugging Face is "
           "https://huggingface.co/datasets/NAME/resolve/main/FILE";
  }
  return "file, http, https, ftp, ftps and s3 are read";
}

fs::file_status status_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    raise("source.not_found", shown(path) + " does not exist",
          hint_for_missing(path));
  }
  if (error) {
    raise("source.unreadable",
          shown(path) + " cannot be looked at: " + error.message());
  }
  return status;
}

}  // namespace quarry::detail
