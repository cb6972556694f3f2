#include "net/transfer.hpp"

#include <algorithm>
#include <cstring>

#include "net/digest.hpp"

namespace quarry::detail {
namespace {

// A transfer slower than this has stalled.
constexpr long stalled_bytes = 64;
constexpr long redirects = 5;
constexpr std::size_t first_reserve = std::size_t{16} << 20;

long milliseconds(double seconds) {
  return std::max(1L, static_cast<long>(seconds * 1000.0));
}

}  // namespace

Transfer::Transfer(Easy easy, const Request& request,
                   const NetworkOptions& options, bool fresh_connection)
    : easy_(std::move(easy)),
      options_(options),
      shown_(shown_url(request.url.text)),
      part_only_(request.range.has_value()) {
  CURL* const h = easy_.get();
  const Url& url = request.url;
  // Made for this attempt; what it says of itself is `url`.
  const Signed made = request.sign ? request.sign() : Signed{url.text, {}};
  set(CURLOPT_URL, made.url);
  // Normalised already, where it may be: "a/../b" is a key of S3.
  curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https,ftp,ftps");
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_PRIVATE, this);
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(h, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(h, CURLOPT_USERAGENT, "quarry");
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                   milliseconds(options.connect_timeout));
  curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, stalled_bytes);
  curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME,
                   std::max(1L, static_cast<long>(options.stall_timeout)));
  curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(h, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, fresh_connection ? 1L : 0L);
  curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  if (request.redirects) {
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(h, CURLOPT_MAXREDIRS, redirects);
    // Never from TLS to plain text, and to no other protocol.
    curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR,
                     url.scheme == "http" ? "http,https" : "https");
  }
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.native());
  if (options.netrc) curl_easy_setopt(h, CURLOPT_NETRC, CURL_NETRC_OPTIONAL);
  if (!url.user.empty()) {
    set(CURLOPT_USERNAME, url.user);
    set(CURLOPT_PASSWORD, url.password);
    curl_easy_setopt(h, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  }
  if (request.list) curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, "MLSD");
  std::vector<std::string> lines = made.headers;
  if (!request.sign) lines = headers_of(request);
  // They change nothing but whether a body comes: a signature does not cover
  // them.
  lines.insert(lines.end(), request.conditions.begin(),
               request.conditions.end());
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }
  if (headers_) curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set(CURLoption option, const std::string& text) {
  curl_easy_setopt(easy_.get(), option, text.c_str());  // copies
}

std::size_t Transfer::on_header(char* data, std::size_t /*one*/,
                                std::size_t size, void* self) noexcept {
  try {
    static_cast<Transfer*>(self)->header({data, size});
    return size;
  } catch (...) {
    return 0;
  }
}

std::size_t Transfer::on_body(char* data, std::size_t /*one*/, std::size_t size,
                              void* self) noexcept {
  try {
    return static_cast<Transfer*>(self)->body({data, size}) ? size : 0;
  } catch (...) {
    return 0;
  }
}

void Transfer::header(std::string_view line) {
  answering_ = true;
  if (line.starts_with("HTTP/")) body_.clear();  // of a redirect
  take_header(line, response_.headers);
}

bool Transfer::body(std::string_view part) {
  answering_ = true;
  if (body_.empty()) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    // All of the object, when a part was asked for: it may be huge.
    no_part_ = part_only_ && status == 200;
    if (no_part_) return false;
    curl_off_t expected = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                      &expected);
    if (expected > 0) {
      const auto size = static_cast<std::uint64_t>(expected);
      too_large_ = size > options_.max_bytes;
      // Only a host's word: it must not become an allocation.
      body_.reserve(static_cast<std::size_t>(
          std::min<std::uint64_t>(size, first_reserve)));
    }
  }
  too_large_ = too_large_ || body_.size() + part.size() > options_.max_bytes;
  if (too_large_) return false;
  const auto* bytes = reinterpret_cast<const std::byte*>(part.data());
  body_.insert(body_.end(), bytes, bytes + part.size());
  return true;
}

bool Transfer::late(NetClock::time_point now) const noexcept {
  const std::chrono::duration<double> waited = now - began_;
  return !answering_ && waited.count() > options_.connect_timeout +
                                             options_.first_byte_timeout;
}

Outcome Transfer::late_outcome() const {
  return {.failure = Failure{"net.timeout",
                             shown_ + ": no answer within the time allowed",
                             "raise first_byte_timeout if the host is slow"},
          .retry = true,
          .transport = true};
}

Outcome Transfer::outcome(CURLcode code) {
  if (code != CURLE_OK) return failed(code);
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  response_.body = Bytes::take(std::move(body_));
  long hops = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_COUNT, &hops);
  if (hops > 0) {
    const char* url = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &url);
    if (url != nullptr) response_.redirected_to = url;
  }
  return check(response_);
}

/// What the host says of the body besides its length, which libcurl checks.
Outcome Transfer::check(Response& response) const {
  const auto found = response.headers.find("content-md5");
  const auto sum = found != response.headers.end() && response.status == 200
                       ? md5_base64(response.body)
                       : std::nullopt;
  if (sum && found->second != *sum) {
    return {.failure = Failure{"net.corrupt",
                               shown_ + ": the bytes that came have not the "
                                        "checksum that the host gives",
                               ""},
            .retry = true};
  }
  return {.response = std::move(response)};
}

Outcome Transfer::failed(CURLcode code) const {
  const auto outcome = [&](ErrorId id, const std::string& what, bool retry,
                           bool transport, std::string hint = "") {
    std::string message = shown_ + ": " + what;
    if (error_[0] != '\0') {
      message += " (" + std::string(error_.data()) + ')';
    }
    return Outcome{.failure = Failure{id, std::move(message), std::move(hint)},
                   .retry = retry,
                   .transport = transport};
  };
  const auto run = [](Outcome wrong) {
    wrong.failure->blame = Blame::run;
    return wrong;
  };
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return outcome("net.resolve", "the host's name is not known here", true,
                     true, "is it spelt right, and is there a network?");
    case CURLE_COULDNT_CONNECT:
      return outcome("net.connect", "the host cannot be reached", true, true);
    case CURLE_OPERATION_TIMEDOUT:
      return outcome("net.timeout", "it took too long", true, true);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return run(outcome(
          "net.tls", "the host cannot prove that it is who it says it is",
          false, false,
          "a private certificate authority is named with ca_file"));
    case CURLE_SSL_CONNECT_ERROR:
      return outcome("net.tls", "no secure connection", true, true);
    case CURLE_PARTIAL_FILE:
      return outcome("net.truncated", "the answer was cut short", true, true);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
      return outcome("net.broken", "the connection broke", true, true);
    case CURLE_TOO_MANY_REDIRECTS:
      return outcome("net.redirect", "redirected too often", false, false);
    case CURLE_UNSUPPORTED_PROTOCOL:
      return outcome("net.redirect", "redirected to another protocol", false,
                     false);
    case CURLE_WRITE_ERROR:
      if (no_part_) return {.failure = no_parts(shown_)};
      if (too_large_) {
        return outcome("net.too_large",
                       "larger than the " + std::to_string(options_.max_bytes) +
                           " bytes allowed",
                       false, false, "raise max_bytes if it should be");
      }
      return outcome("net.broken", "no memory for the answer", false, false);
    case CURLE_LOGIN_DENIED:
      return run(outcome("net.forbidden", "user or password is wrong", false,
                         false, "give them as ftp://user:password@host/"));
    case CURLE_REMOTE_ACCESS_DENIED:
      return outcome("net.forbidden", "the host refuses access", false, false);
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_FTP_COULDNT_RETR_FILE:
      return outcome("net.not_found", "there is no such file", false, false);
    case CURLE_FTP_ACCEPT_FAILED:
    case CURLE_FTP_ACCEPT_TIMEOUT:
    case CURLE_FTP_CANT_GET_HOST:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_FTP_WEIRD_227_FORMAT:
      return outcome("net.broken", "the FTP server's answer makes no sense",
                     true, true);
    default:
      return outcome("net.broken", curl_easy_strerror(code), true, true);
  }
}

long Transfer::connections() const {
  long opened = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &opened);
  return opened;
}

}  // namespace quarry::detail
