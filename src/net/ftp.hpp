#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/caching_reactor.hpp"

namespace quarry::detail {

/// An entry of a directory as MLSD tells it (RFC 3659, section 7).
struct FtpEntry {
  std::string name;
  bool directory = false;
  std::string size = {};      ///< as written; empty when it is not told
  std::string modified = {};  ///< "20260101120000.123", in UTC; the same
};

/// The entries of one listing, without the directory itself and its parent.
/// Lines that are none are skipped.
std::vector<FtpEntry> parse_mlsd(std::string_view text);

/// What tells the versions of a file apart, for a listing made at `now`
/// (seconds since 1970); empty when size and time are not told, or when it was
/// modified so lately that it may be again without another time.
std::string ftp_version(const FtpEntry& entry, std::int64_t now);

/// The URL of what is at `path` below the directory `folder`, which ends in a
/// slash. (A semicolon must be encoded: libcurl would understand ";type=".)
Url ftp_url(const Url& folder, std::string_view path);

struct FtpFile {
  std::string path;
  std::string version;  ///< `ftp_version`
};

/// All files below the directory `url`, which ends in a slash, by their paths
/// relative to it and ordered by the bytes of those. A host that does not know
/// MLSD is asked with LIST. Raises what goes wrong.
std::vector<FtpFile> list_ftp(CachingReactor& reactor, const Url& url);

}  // namespace quarry::detail
