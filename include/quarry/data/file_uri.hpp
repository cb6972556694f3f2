#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "quarry/core/result.hpp"

namespace quarry {

/// The `file:` URI of a path (RFC 8089): `file:///pool/a%20b.jpg`.
///
/// A relative path is made absolute against the current directory. Every byte
/// that RFC 3986 does not allow in a path is percent-encoded, so that any name
/// a file system can hold comes back from `path_of_uri`.
std::string file_uri(const std::filesystem::path& path);

/// The path that a `file:` URI names: `file:///p`, `file://localhost/p` and
/// `file:/p` are the same.
///
/// Failure `source.uri`: another scheme, another host, a relative path, a query
/// or a fragment (`?` and `#` in a name are `%3F` and `%23`), a `%` without two
/// hexadecimal digits, `%00`.
Result<std::filesystem::path> path_of_uri(std::string_view uri);

/// The id of a sample whose relative path or URI is `path`: the same text when
/// it is UTF-8 without control characters, and otherwise the relative URI
/// `./caf%E9.jpg`, so that an id is always one line of text that JSON can hold.
/// No two paths `a/b` (without a leading `./`) get the same id.
std::string id_of_path(std::string_view path);

}  // namespace quarry
