#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/reactor.hpp"

namespace quarry::detail {

/// An entry of a directory as MLSD tells it (RFC 3659, section 7).
struct FtpEntry {
  std::string name;
  bool directory = false;
};

/// The entries of one listing, without the directory itself and its parent.
/// Lines that are none are skipped.
std::vector<FtpEntry> parse_mlsd(std::string_view text);

/// The paths of all files below the directory `url`, which ends in a slash,
/// relative to it and ordered by their bytes. Raises what goes wrong.
std::vector<std::string> list_ftp(Reactor& reactor, const Url& url);

}  // namespace quarry::detail
