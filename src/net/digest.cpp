#include "net/digest.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

std::optional<std::string> digest(const EVP_MD* kind, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, kind, nullptr) !=
      1) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string sha256(std::string_view text) {
  auto sum = digest(EVP_sha256(), text);
  if (!sum) raise("net.crypto", "OpenSSL cannot compute a digest here");
  return *std::move(sum);
}

std::string sha256_hex(std::string_view text) {
  return hex(sha256(text));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  const unsigned char* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           out.data(), &size);
  if (done == nullptr)
    raise("net.crypto", "OpenSSL cannot compute an HMAC here");
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::optional<std::string> md5_hex(const Bytes& bytes) {
  const auto sum = digest(EVP_md5(), bytes.text());
  return sum ? std::optional(hex(*sum)) : std::nullopt;
}

std::optional<std::string> md5_base64(const Bytes& bytes) {
  const auto sum = digest(EVP_md5(), bytes.text());
  if (!sum) return std::nullopt;
  std::array<unsigned char, 32> out{};
  const int size = EVP_EncodeBlock(
      out.data(), reinterpret_cast<const unsigned char*>(sum->data()),
      static_cast<int>(sum->size()));
  return std::string(reinterpret_cast<const char*>(out.data()),
                     static_cast<std::size_t>(size));
}

}  // namespace quarry::detail
