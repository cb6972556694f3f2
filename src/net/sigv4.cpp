#include "net/sigv4.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

bool unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/// Sorted by the encoded names, then values.
std::string canonical_query(const AwsRequest& request) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& [key, value] : request.query) {
    fields.emplace_back(aws_encode(key, false), aws_encode(value, false));
  }
  std::sort(fields.begin(), fields.end());
  std::string text;
  for (const auto& [key, value] : fields) {
    if (!text.empty()) text += '&';
    text += key;
    text += '=';
    text += value;
  }
  return text;
}

const std::string& payload_of(const AwsRequest& request) {
  static const std::string of_nothing = sha256_hex("");
  return request.payload.empty() ? of_nothing : request.payload;
}

/// Everything that is signed, by name.
std::map<std::string, std::string> signed_headers(
    const AwsRequest& request, const AwsCredentials& credentials) {
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  headers["x-amz-date"] = request.date;
  headers["x-amz-content-sha256"] = payload_of(request);
  if (!credentials.session_token.empty()) {
    headers["x-amz-security-token"] = credentials.session_token;
  }
  return headers;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) {
    if (!names.empty()) names += ';';
    names += name;
  }
  return names;
}

std::string scope_of(const AwsRequest& request) {
  return request.date.substr(0, 8) + '/' + request.region + '/' +
         request.service + "/aws4_request";
}

}  // namespace

std::string aws_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c) || (keep_slash && c == '/')) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

std::string target_of(const AwsRequest& request) {
  const std::string query = canonical_query(request);
  std::string target = aws_encode(request.path, true);
  if (!query.empty()) target += '?' + query;
  return target;
}

std::string signature_of(const AwsRequest& request,
                         const AwsCredentials& credentials) {
  const auto headers = signed_headers(request, credentials);
  std::string canonical = request.method + '\n' +
                          aws_encode(request.path, true) + '\n' +
                          canonical_query(request) + '\n';
  for (const auto& [name, value] : headers) {
    canonical += name + ':' + value + '\n';
  }
  canonical += '\n' + names_of(headers) + '\n' + payload_of(request);
  const std::string text = "AWS4-HMAC-SHA256\n" + request.date + '\n' +
                           scope_of(request) + '\n' + sha256_hex(canonical);
  std::string key = "AWS4" + credentials.secret;
  key = hmac_sha256(key, request.date.substr(0, 8));
  key = hmac_sha256(key, request.region);
  key = hmac_sha256(key, request.service);
  key = hmac_sha256(key, "aws4_request");
  return hex(hmac_sha256(key, text));
}

std::vector<std::string> sign(const AwsRequest& request,
                              const AwsCredentials& credentials) {
  const auto headers = signed_headers(request, credentials);
  std::vector<std::string> lines;
  for (const auto& [name, value] : headers)
    lines.push_back(name + ": " + value);
  lines.push_back(
      "Authorization: AWS4-HMAC-SHA256 Credential=" + credentials.key_id + '/' +
      scope_of(request) + ", SignedHeaders=" + names_of(headers) +
      ", Signature=" + signature_of(request, credentials));
  return lines;
}

std::string aws_date(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 32> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return {text.data(), size};
}

}  // namespace quarry::detail
