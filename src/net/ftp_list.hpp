#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/ftp.hpp"

namespace quarry::detail {

/// Whether it is a number in decimal.
bool is_digits(std::string_view text);

/// The entries of a listing by LIST, whose form is not written down anywhere:
/// lines of `ls -l`, or of DOS. Neither tells a time that could tell versions
/// apart, so that none is given. Links and devices are skipped, as by MLSD.
///
/// Raises `net.listing` for a line in another form, naming it and `shown`: a
/// pool of a part of the files would be worse.
std::vector<FtpEntry> parse_list(std::string_view text,
                                 const std::string& shown);

}  // namespace quarry::detail
