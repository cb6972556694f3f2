#include "net/transfer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <type_traits>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "net/digest.hpp"
#include "net/multi.hpp"

namespace quarry::detail {
namespace {

// Bytes a second; a transfer that is slower has stalled.
constexpr double stalled_below = 64.0;
constexpr std::chrono::seconds look_every{1};
constexpr long redirects_at_most = 5;
constexpr std::size_t first_reserve = std::size_t{16} << 20;
constexpr std::uint64_t head_at_most = std::uint64_t{256} << 10;
// Of an answer that is no object: what is kept of it, and what is read.
constexpr std::size_t error_kept = std::size_t{64} << 10;
constexpr std::uint64_t error_at_most = std::uint64_t{1} << 20;

// Libcurl makes it anew for every request: no more than allocators keep at
// hand.
constexpr long buffer_bytes = 28L << 10;

// FTP's "service not available, closing control connection".
constexpr long ftp_not_available = 421;

/// What FTP replies to a command that it does not know or has not.
bool is_unknown_command(long reply) {
  return reply == 500 || reply == 502 || reply == 504;
}

long milliseconds(double seconds) {
  return std::max(1L, static_cast<long>(seconds * 1000.0));
}

/// Of those we know what the libcurl here was built with.
std::string protocols_here() {
  std::string here;
  for (const char* const* name = curl_version_info(CURLVERSION_NOW)->protocols;
       *name != nullptr; ++name) {
    const std::string_view known = *name;
    if (known != "http" && known != "https" && known != "ftp" &&
        known != "ftps") {
      continue;
    }
    if (!here.empty()) here += ',';
    here += known;
  }
  return here;
}

/// By the environment, through which libcurl would look at every request.
bool no_proxy_is_named() {
  const std::initializer_list<const char*> names{
      "http_proxy", "https_proxy", "HTTPS_PROXY", "ftp_proxy", "FTP_PROXY",
      "ftps_proxy", "FTPS_PROXY",  "all_proxy",   "ALL_PROXY"};
  return std::none_of(names.begin(), names.end(), [](const char* name) {
    return std::getenv(name) != nullptr;
  });
}

}  // namespace

void start_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    raise("net.curl",
          std::string("libcurl does not start: ") + curl_easy_strerror(code));
  }
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
  if (code != CURLE_OK) {
    raise("net.curl",
          "libcurl does not take option " + std::to_string(option) + ": " +
              curl_easy_strerror(code),
          "a libcurl of 7.88 or later, with TLS, is needed");
  }
}

template <class Value>
void Transfer::change(CURLoption option, Value& had, const Value& wanted) {
  if (had == wanted) return;
  if constexpr (std::is_same_v<Value, std::string>) {
    set(option, wanted.empty() ? nullptr : wanted.c_str());
  } else {
    set(option, wanted);
  }
  had = wanted;
}

Transfer::Transfer(const NetworkOptions& options)
    : options_(options), easy_(curl_easy_init()) {
  if (easy_ == nullptr) raise("net.curl", "libcurl has no memory");
  static const std::string protocols = protocols_here();
  set(CURLOPT_PROTOCOLS_STR, protocols.c_str());
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_MAXREDIRS, redirects_at_most);
  set(CURLOPT_NOSIGNAL, 1L);
  // A resolver that does not answer holds nobody up at the end.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_ERRORBUFFER, error_.data());
  // Normalised already, where it may be: "a/../b" is a key of S3.
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_USERAGENT, "quarry");
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_BUFFERSIZE, buffer_bytes);
  if (no_proxy_is_named()) {
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOPROXY, "");
  }
  // What a proxy says is not the host's answer.
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
  // Between two replies of FTP.
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
      std::max(1L, std::lround(std::ceil(options.first_byte_timeout))));
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  if (!options.ca_file.empty()) {
    set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  if (options.netrc) set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
}

void Transfer::begin(const Request& request, bool fresh_connection) {
  request_ = &request;
  is_ftp_ = request.url.scheme.starts_with("ftp");
  redirected_ = answering_ = begun_ = false;
  no_part_ = too_large_ = enough_ = false;
  head_bytes_ = body_bytes_ = looked_bytes_ = 0;
  response_ = {};
  body_.clear();
  error_[0] = '\0';
  const Url& url = request.url;
  std::vector<std::string> lines;
  if (request.sign) {
    // Made for this attempt; what it says of itself is `url`.
    Signed made = request.sign();
    set(CURLOPT_URL, made.url.c_str());
    lines = std::move(made.headers);
  } else {
    set(CURLOPT_URL, url.text.c_str());
    lines = headers_of(request);
  }
  lines.insert(lines.end(), request.conditions.begin(),
               request.conditions.end());
  set_headers(lines);
  change(CURLOPT_USERNAME, user_, url.user);
  change(CURLOPT_PASSWORD, password_, url.password);
  change(CURLOPT_FRESH_CONNECT, fresh_, fresh_connection ? 1L : 0L);
  change(CURLOPT_FORBID_REUSE, last_use_, 0L);
  change(CURLOPT_FOLLOWLOCATION, redirects_, request.redirects ? 1L : 0L);
  // Never from TLS to plain text.
  const bool tls_only = url.scheme == "https";
  if (tls_only != tls_only_) {
    set(CURLOPT_REDIR_PROTOCOLS_STR, tls_only ? "https" : "http,https");
    tls_only_ = tls_only;
  }
  if (request.list != list_) {
    set(CURLOPT_CUSTOMREQUEST,
        request.list.empty() ? nullptr : request.list.c_str());
    list_ = request.list;
  }
  began_ = asked_ = NetClock::now();
}

void Transfer::set_headers(const std::vector<std::string>& lines) {
  if (lines.empty() && !headers_) return;
  std::unique_ptr<curl_slist, FreeList> list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) raise("net.curl", "libcurl has no memory");
    static_cast<void>(list.release());
    list.reset(longer);
  }
  set(CURLOPT_HTTPHEADER, list.get());
  headers_ = std::move(list);
}

std::size_t Transfer::on_header(char* data, std::size_t /*one*/,
                                std::size_t size, void* self) noexcept {
  try {
    return static_cast<Transfer*>(self)->header({data, size}) ? size : 0;
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

void Transfer::answered() {
  if (answering_) return;
  answering_ = true;
  first_byte_ = flowing_ = looked_ = NetClock::now();
}

bool Transfer::header(std::string_view line) {
  // The replies of FTP to what comes before the file are no answer.
  if (is_ftp_) return true;
  answered();
  head_bytes_ += line.size();
  if (head_bytes_ > head_at_most) return false;
  response_.headers.take(line);
  const bool ends = line == "\r\n" || line == "\n";
  if (!ends) return true;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (leads_nowhere(status)) change(CURLOPT_FORBID_REUSE, last_use_, 1L);
  if (redirects_ == 0) return true;
  if (status < 300 || status >= 400 || !response_.headers.contains("location"))
    return true;
  const char* url = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &url);
  if (!tls_only_ && url != nullptr &&
      lower_case(std::string_view(url).substr(0, 6)) == "https:") {
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    tls_only_ = true;
  }
  // The wait begins anew.
  redirected_ = true;
  answering_ = false;
  asked_ = NetClock::now();
  return true;
}

/// With the first bytes of the body it is known what they are of.
bool Transfer::begin_body() {
  begun_ = true;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  // All of the object, when a part was asked for: it may be huge.
  no_part_ = request_->range && status == 200;
  if (no_part_) return false;
  if (!is_ftp_ && (status < 200 || status >= 300)) {
    kept_at_most_ = error_kept;
    return true;
  }
  kept_at_most_ = std::numeric_limits<std::size_t>::max();
  curl_off_t expected = -1;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
  if (expected > 0) {
    const auto size = static_cast<std::uint64_t>(expected);
    too_large_ = size > options_.max_bytes;
    // Only a host's word: it must not become an allocation.
    body_.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(size, first_reserve)));
  }
  return !too_large_;
}

bool Transfer::body(std::string_view part) {
  answered();
  if (!begun_ && !begin_body()) return false;
  body_bytes_ += part.size();
  if (kept_at_most_ == error_kept) {
    enough_ = body_bytes_ > error_at_most;
    if (enough_) return false;
    part = part.substr(0, kept_at_most_ - body_.size());
  } else {
    too_large_ = body_bytes_ > options_.max_bytes;
    if (too_large_) return false;
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(part.data());
  body_.insert(body_.end(), bytes, bytes + part.size());
  return true;
}

std::optional<Outcome> Transfer::overdue(NetClock::time_point now) {
  const auto timeout = [&](const char* what, const char* hint) {
    return Outcome{.failure = Failure{"net.timeout", shown() + what, hint},
                   .retry = true,
                   .reach = reach()};
  };
  if (now - began_ >
      ticks(std::chrono::duration<double>(options_.transfer_timeout))) {
    return timeout(": it took too long",
                   "raise transfer_timeout if the network is slow");
  }
  if (!answering_) {
    auto allowed =
        ticks(std::chrono::duration<double>(options_.first_byte_timeout));
    if (redirected_)
      allowed += ticks(std::chrono::duration<double>(options_.connect_timeout));
    if (now - asked_ <= allowed) return std::nullopt;
    if (!redirected_) {
      // Until the request is out libcurl has an eye on the time.
      curl_off_t sent = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &sent);
      asked_ = sent > 0 ? began_ + std::chrono::microseconds(sent) : now;
      if (now - asked_ <= allowed) return std::nullopt;
    }
    return timeout(": no answer within the time allowed",
                   "raise first_byte_timeout if the host is slow");
  }
  if (now - looked_ >= look_every) {
    const double seconds = seconds_between(looked_, now);
    const auto came = static_cast<double>(body_bytes_ - looked_bytes_);
    if (came >= stalled_below * seconds) flowing_ = now;
    looked_ = now;
    looked_bytes_ = body_bytes_;
  }
  if (now - flowing_ <=
      ticks(std::chrono::duration<double>(options_.stall_timeout))) {
    return std::nullopt;
  }
  return timeout(": the answer has stalled",
                 "raise stall_timeout if the network is slow");
}

Reach Transfer::reach() const {
  if (answering_ || redirected_ || body_bytes_ > 0) return Reach::answer;
  curl_off_t after = 0;
  curl_easy_getinfo(
      easy_.get(),
      is_ftp_ ? CURLINFO_CONNECT_TIME_T : CURLINFO_PRETRANSFER_TIME_T, &after);
  return after > 0 ? Reach::silence : Reach::nowhere;
}

Outcome Transfer::outcome(CURLcode code, int no_room) {
  return code == CURLE_OK || enough_ ? check_answer() : failed(code, no_room);
}

/// What the host says of the body besides its length, which libcurl checks.
Outcome Transfer::check_answer() {
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  response_.body = Bytes::take(std::exchange(body_, {}));
  if (redirected_) {
    const char* url = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_EFFECTIVE_URL, &url);
    if (url != nullptr) response_.redirected_to = url;
  }
  const auto found = response_.headers.find("content-md5");
  const auto sum = found && response_.status == 200 ? md5_base64(response_.body)
                                                    : std::nullopt;
  if (sum && *found != *sum) {
    return {.failure = Failure{"net.corrupt",
                               shown() + ": the bytes that came have not the "
                                         "checksum that the host gives"},
            .retry = true,
            .reach = Reach::answer};
  }
  return {.response = std::move(response_), .reach = Reach::answer};
}

Outcome Transfer::failed(CURLcode code, int no_room) {
  const auto outcome = [&](ErrorId id, const std::string& what, bool retry,
                           Reach reach, std::string hint = "") {
    std::string message = shown() + ": " + what + " (";
    message += error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    return Outcome{.failure = Failure{id, message + ')', std::move(hint)},
                   .retry = retry,
                   .reach = reach};
  };
  const auto run = [](Outcome wrong) {
    wrong.failure->blame = Blame::run;
    return wrong;
  };
  long reply = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &reply);
  if (is_ftp_ && reply == ftp_not_available) {
    Outcome busy =
        outcome("net.throttled", "the host serves too many", true,
                Reach::answer, "lower max_per_host (--connections) below 8");
    busy.throttled = true;
    return busy;
  }
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return outcome("net.resolve", "the host's name is not known here", true,
                     Reach::nowhere,
                     "is it spelt right, and is there a network?");
    case CURLE_COULDNT_CONNECT:
      if (no_room != 0) {
        Outcome full = run(outcome(
            "net.curl", "the system has no more sockets: " + reason(no_room),
            true, Reach::unknown, more_descriptors_hint(no_room)));
        full.no_room = true;
        return full;
      }
      return outcome("net.connect", "the host cannot be reached", true,
                     Reach::nowhere);
    case CURLE_OPERATION_TIMEDOUT:
      return outcome("net.timeout", "it took too long", true, reach(),
                     reach() == Reach::nowhere
                         ? "raise connect_timeout if the host is slow"
                         : "raise first_byte_timeout if the host is slow");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return run(outcome(
          "net.tls", "the host cannot prove that it is who it says it is",
          false, Reach::answer,
          "a private certificate authority is named with ca_file"));
    case CURLE_SSL_CACERT_BADFILE:
      return run(outcome("net.tls", "the certificates to trust cannot be read",
                         false, Reach::unknown, "look at ca_file"));
    case CURLE_SSL_CONNECT_ERROR:
      return outcome("net.tls", "no secure connection", true, Reach::nowhere);
    case CURLE_PARTIAL_FILE:
      return outcome("net.truncated", "the answer was cut short", true,
                     Reach::answer);
    case CURLE_TOO_MANY_REDIRECTS:
      return outcome("net.redirect", "redirected too often", false,
                     Reach::answer);
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (redirected_) {
        return outcome("net.redirect", "redirected to another protocol", false,
                       Reach::answer);
      }
      return outcome("net.broken", "the host's protocol is another one", false,
                     Reach::answer);
    case CURLE_URL_MALFORMAT:
      if (redirected_) {
        return outcome("net.redirect", "redirected to what is no URL", false,
                       Reach::answer);
      }
      return outcome("net.url", "libcurl does not take it for a URL", false,
                     Reach::unknown);
    case CURLE_ABORTED_BY_CALLBACK:
      return run(outcome("net.curl",
                         "the system lets no more sockets be waited for", false,
                         Reach::unknown, more_sockets_hint));
    case CURLE_OUT_OF_MEMORY:
      return outcome("net.curl", "libcurl has no memory", false,
                     Reach::unknown);
    case CURLE_WRITE_ERROR:
      if (no_part_) {
        return {.failure = no_parts(shown()), .reach = Reach::answer};
      }
      if (too_large_) {
        return outcome("net.too_large",
                       "larger than the " + std::to_string(options_.max_bytes) +
                           " bytes allowed",
                       false, Reach::answer, "raise max_bytes if it should be");
      }
      if (head_bytes_ > head_at_most) {
        return outcome("net.broken", "the answer's head does not end", false,
                       Reach::answer);
      }
      return outcome("net.broken", "no memory for the answer", false,
                     Reach::answer);
    case CURLE_LOGIN_DENIED: {
      Outcome denied =
          run(outcome("net.forbidden", "user or password is wrong", false,
                      Reach::answer, "give them as ftp://user:password@host/"));
      denied.denied = true;
      return denied;
    }
    case CURLE_REMOTE_ACCESS_DENIED:
      return outcome("net.forbidden", "the host refuses access", false,
                     Reach::answer);
    case CURLE_FTP_COULDNT_RETR_FILE:
      if (!request_->list.empty() && is_unknown_command(reply)) {
        return outcome("net.listing",
                       "the host does not know the command " + request_->list,
                       false, Reach::answer,
                       "take a server that lists folders, or name its files in "
                       "a list of URLs");
      }
      if (reply >= 400 && reply < 500) {
        return outcome("net.server", "the host cannot send it now", true,
                       Reach::answer);
      }
      [[fallthrough]];
    case CURLE_REMOTE_FILE_NOT_FOUND:
      return outcome("net.not_found", "there is no such file", false,
                     Reach::answer);
    case CURLE_FTP_ACCEPT_FAILED:
    case CURLE_FTP_ACCEPT_TIMEOUT:
    case CURLE_FTP_CANT_GET_HOST:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_FTP_WEIRD_227_FORMAT:
      return outcome("net.broken", "the FTP server's answer makes no sense",
                     true, Reach::answer);
    case CURLE_WEIRD_SERVER_REPLY:
      return outcome("net.broken", "the host's answer makes no sense", true,
                     Reach::answer);
    default:
      return outcome("net.broken",
                     answering_ ? "the connection broke within the answer"
                                : "the connection broke before an answer",
                     true, reach());
  }
}

long Transfer::connections() const {
  long opened = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &opened);
  return opened;
}

}  // namespace quarry::detail
