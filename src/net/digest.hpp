#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// SHA-256 (FIPS 180-4): 32 bytes.
std::string sha256(std::string_view text);
/// The same as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);
/// HMAC-SHA-256 (RFC 2104): 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
/// MD5 (RFC 1321) in base64, as in Content-MD5, and in hexadecimal digits, as
/// in the ETag of S3. For transmission errors, not against attackers.
/// Nothing where OpenSSL may not compute it (FIPS).
std::optional<std::string> md5_base64(const Bytes& bytes);
std::optional<std::string> md5_hex(const Bytes& bytes);
/// Lower-case hexadecimal digits.
std::string hex(std::string_view bytes);

}  // namespace quarry::detail
