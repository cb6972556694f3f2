#include "net/s3.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <ctime>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <curl/curl.h>
#include <pugixml.hpp>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "net/digest.hpp"
#include "net/sigv4.hpp"

namespace quarry::detail {
namespace {

// Of an answer that says what is wrong.
constexpr std::size_t longest_error = std::size_t{64} << 10;

/// What `encoding-type=url` did to a key; a plus is a space.
std::string decoded(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && text.size() - i > 2 &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16)
                .ptr == text.data() + i + 3) {
      plain += static_cast<char>(value);
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

bool is_region(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// What a service says, as one line that is not too long.
std::string said(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return cut(is_printable(line) ? line : percent_encode(line), 300);
}

struct S3Error {
  std::string code;
  std::string message;
  std::string region;
};

/// The region in "bucket.s3.eu-west-1.amazonaws.com", or with a dash for the
/// dot behind "s3".
std::string region_in(std::string_view host) {
  const std::size_t end = host.find(".amazonaws.com");
  if (end == host.npos) return {};
  host = host.substr(0, end);
  const std::size_t s3 = host.rfind("s3");
  if (s3 == host.npos || host.size() < s3 + 4) return {};
  return std::string(host.substr(s3 + 3));
}

S3Error error_of(const Response& response) {
  S3Error error;
  pugi::xml_document document;
  const std::string_view text = response.body.text();
  if (text.size() <= longest_error &&
      document.load_buffer(text.data(), text.size())) {
    const pugi::xml_node node = document.child("Error");
    error.code = said(node.child_value("Code"));
    error.message = said(node.child_value("Message"));
    error.region = node.child_value("Region");
    if (error.region.empty())
      error.region = region_in(node.child_value("Endpoint"));
  }
  const auto region = response.headers.find("x-amz-bucket-region");
  if (region) error.region = *region;
  // It becomes a part of the host that is asked, and of a header.
  if (!is_region(error.region)) error.region.clear();
  return error;
}

bool one_of(std::string_view text,
            std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

/// The MD5 of the bytes, where the ETag is that: not of what was uploaded in
/// parts, nor of what is encrypted with keys of its own or stored compressed.
std::optional<std::string> md5_in(const Response& response) {
  std::string etag = response.headers.text("etag");
  std::erase(etag, '"');
  const bool hexadecimal =
      etag.size() == 32 &&
      etag.find_first_not_of("0123456789abcdef") == etag.npos;
  const std::string stored =
      response.headers.text("x-goog-stored-content-encoding");
  if (!hexadecimal || (!stored.empty() && stored != "identity") ||
      response.headers.text("x-amz-server-side-encryption")
          .starts_with("aws:kms") ||
      response.headers.contains(
          "x-amz-server-side-encryption-customer-algorithm")) {
    return std::nullopt;
  }
  return etag;
}

}  // namespace

/// A request, over all its attempts.
struct S3Client::Asked {
  std::string bucket;
  std::string shown;
  AwsRequest request;
  std::optional<std::uint64_t> size = std::nullopt;  ///< of the listing
  std::size_t corrections = 0;  ///< attempts made for where and when to ask
  std::string odd_md5 = {};     ///< of bytes that the ETag is not the MD5 of
};

/// What is learnt while asking: shared by all requests.
class S3Client::State {
 public:
  explicit State(AwsSettings given);

  Signed sign(const Asked& asked) const;
  Verdict judge(Asked& asked, const Response& response);

  const AwsSettings settings;
  std::optional<Url> endpoint = std::nullopt;
  std::string endpoint_path = {};  ///< not encoded, without a slash at the end

 private:
  enum class Md5 { unknown, yes, no };

  std::string region_of(const std::string& bucket) const;
  Verdict check(Asked& asked, const Response& response);
  bool put_right(Asked& asked, const Response& response, const S3Error& error);

  mutable std::mutex mutex_;
  std::map<std::string, std::string> regions_;  ///< of buckets elsewhere
  std::atomic<std::int64_t> skew_{0};           ///< seconds the server is ahead
  std::atomic<Md5> etags_{Md5::unknown};        ///< whether ETags are MD5
};

S3Client::State::State(AwsSettings given) : settings(std::move(given)) {
  const std::string& text = settings.endpoint;
  if (text.empty()) {
    if (is_region(settings.region)) return;
    raise("s3.region", "\"" + said(settings.region) + "\" is no region of AWS",
          "eu-central-1 is one");
  }
  Url url = parse_url(text).value();
  const std::string shown = shown_url(text);
  if (!url.scheme.starts_with("http")) {
    raise("net.url", "the S3 endpoint " + shown + " is no http: or https: URL");
  }
  if (!url.user.empty() || !url.password.empty() ||
      text.find_first_of("?#@") != text.npos) {
    raise("net.url", "the S3 endpoint " + shown + " holds more than a place",
          "who asks is said with AWS_ACCESS_KEY_ID and "
          "AWS_SECRET_ACCESS_KEY");
  }
  endpoint_path = decoded(url.text.substr(url.host.size()));
  while (endpoint_path.ends_with('/')) endpoint_path.pop_back();
  endpoint = std::move(url);
}

std::string S3Client::State::region_of(const std::string& bucket) const {
  const std::lock_guard lock(mutex_);
  const auto found = regions_.find(bucket);
  return found == regions_.end() ? settings.region : found->second;
}

Signed S3Client::State::sign(const Asked& asked) const {
  AwsRequest request = asked.request;
  request.region = region_of(asked.bucket);
  request.date = aws_date(std::time(nullptr) + skew_);
  const std::string in_path = '/' + asked.bucket + request.path;
  std::string root;
  if (endpoint) {
    root = endpoint->host;
    request.host = root.substr(root.find("://") + 3);
    request.path = endpoint_path + in_path;
  } else {
    // A bucket with dots has no certificate as a host.
    const bool has_host = asked.bucket.find('.') == asked.bucket.npos;
    request.host = (has_host ? asked.bucket + '.' : std::string()) + "s3." +
                   request.region + ".amazonaws.com" +
                   (request.region.starts_with("cn-") ? ".cn" : "");
    root = "https://" + request.host;
    if (!has_host) request.path = in_path;
  }
  Signed made{.url = root + target_of(request), .headers = {}};
  if (settings.credentials) {
    made.headers = quarry::detail::sign(request, *settings.credentials);
  } else {
    for (const auto& [name, value] : request.headers) {
      made.headers.push_back(name + ": " + value);
    }
  }
  return made;
}

/// Whether asking elsewhere, or at another time, helps.
bool S3Client::State::put_right(Asked& asked, const Response& response,
                                const S3Error& error) {
  if (asked.corrections == 2) return false;
  ++asked.corrections;
  if (error.code == "RequestTimeTooSkewed") {
    const std::time_t there =
        curl_getdate(response.headers.text("date").c_str(), nullptr);
    if (there != -1) skew_ = there - std::time(nullptr);
    return there != -1;
  }
  const std::lock_guard lock(mutex_);
  // Another request may have found out since this one was sent.
  if (error.region.empty()) return regions_.contains(asked.bucket);
  regions_[asked.bucket] = error.region;
  return true;
}

Verdict S3Client::State::judge(Asked& asked, const Response& response) {
  Verdict verdict = judge_http(response, asked.shown);
  if (verdict.what == Verdict::What::take) return check(asked, response);
  const S3Error error = error_of(response);
  Failure& failure = *verdict.failure;
  if (!error.code.empty()) {
    failure.message = asked.shown + ": " + error.code;
    if (!error.message.empty()) failure.message += " (" + error.message + ')';
  }
  const auto stops_run = [&](ErrorId id, std::string hint) {
    verdict.what = Verdict::What::fail;
    failure.id = id;
    failure.hint = std::move(hint);
    failure.blame = Blame::run;
  };
  const bool redirected = response.status == 301 || response.status == 307;
  const bool elsewhere =
      (redirected && (!error.code.empty() || !error.region.empty())) ||
      one_of(error.code, {"AuthorizationHeaderMalformed", "PermanentRedirect",
                          "IllegalLocationConstraint"});
  const bool untimely = error.code == "RequestTimeTooSkewed";
  if ((elsewhere || untimely) && put_right(asked, response, error)) {
    verdict.what = Verdict::What::retry;
    verdict.counts = false;
  } else if (untimely) {
    stops_run("s3.credentials", "set this machine's clock");
  } else if (elsewhere && response.status == 307) {
    // A bucket so new that its name is not known everywhere.
    verdict.what = Verdict::What::retry;
  } else if (elsewhere) {
    stops_run("s3.region", "name the bucket's region with AWS_REGION");
  } else if (redirected) {
    stops_run("net.redirect",
              "is the endpoint right? It leads to " +
                  cut(shown_url(response.headers.text("location")), 300));
  } else if (one_of(error.code, {"SlowDown", "RequestTimeout", "InternalError",
                                 "ServiceUnavailable"})) {
    verdict.what = Verdict::What::retry;
    verdict.throttled |= error.code == "SlowDown";
  } else if (error.code == "SignatureDoesNotMatch") {
    stops_run("s3.credentials", "the secret key is not the one of the key id");
  } else if (one_of(error.code, {"InvalidAccessKeyId", "InvalidToken"})) {
    stops_run("s3.credentials", "the service does not know the access key");
  } else if (one_of(error.code, {"ExpiredToken", "TokenRefreshRequired"})) {
    stops_run("s3.credentials", "the session has ended: log in again");
  } else if (error.code == "NoSuchBucket") {
    stops_run("s3.bucket", "is the bucket's name spelt right?");
  } else if (response.status == 412) {
    failure.id = "s3.changed";
    failure.message =
        asked.shown + ": the object has changed since the bucket was listed";
    failure.hint = "run again";
  }
  return verdict;
}

/// What the service says of the bytes besides their number.
Verdict S3Client::State::check(Asked& asked, const Response& response) {
  if (response.status != 200) return {};
  if (asked.size && response.body.size() != *asked.size) {
    return {.what = Verdict::What::retry,
            .failure = Failure{
                "net.truncated",
                asked.shown + ": " + std::to_string(response.body.size()) +
                    " bytes came of the " + std::to_string(*asked.size) +
                    " that the bucket's listing has",
                ""}};
  }
  const auto wanted = md5_in(response);
  if (!wanted || etags_ == Md5::no) return {};
  const auto md5 = md5_hex(response.body);
  if (!md5) return {};
  if (*md5 == *wanted) {
    etags_ = Md5::yes;
    return {};
  }
  // The same bytes twice, and no ETag yet that was the MD5 of anything: here
  // they are something else.
  if (*md5 == asked.odd_md5 && etags_ == Md5::unknown) {
    etags_ = Md5::no;
    return {};
  }
  const bool first = asked.odd_md5.empty();
  asked.odd_md5 = *md5;
  return {.what = Verdict::What::retry,
          .failure = Failure{"net.corrupt",
                             asked.shown + ": the bytes that came have not the "
                                           "MD5 that is their ETag",
                             ""},
          .counts = !first};
}

Result<S3Page> parse_s3_page(const Bytes& xml) {
  pugi::xml_document document;
  const std::string_view text = xml.text();
  const pugi::xml_node result = document.load_buffer(text.data(), text.size())
                                    ? document.child("ListBucketResult")
                                    : pugi::xml_node();
  if (!result) {
    return Failure{"s3.answer", "the listing of the bucket is no listing",
                   "does the endpoint speak S3?", Blame::run};
  }
  const bool encoded =
      std::string_view(result.child_value("EncodingType")) == "url";
  S3Page page;
  for (const pugi::xml_node node : result.children("Contents")) {
    const char* key = node.child_value("Key");
    S3Object object{.key = encoded ? decoded(key) : std::string(key),
                    .etag = node.child_value("ETag")};
    const std::string_view size = node.child_value("Size");
    std::from_chars(size.data(), size.data() + size.size(), object.size);
    page.objects.push_back(std::move(object));
  }
  if (std::string_view(result.child_value("IsTruncated")) == "true") {
    page.next = result.child_value("NextContinuationToken");
    if (page.next.empty()) {
      return Failure{"s3.answer",
                     "the listing of the bucket has more pages but no token "
                     "for the next",
                     "", Blame::run};
    }
  }
  return page;
}

S3Client::S3Client(std::shared_ptr<CachingReactor> reactor,
                   AwsSettings settings)
    : reactor_(std::move(reactor)),
      state_(std::make_shared<State>(std::move(settings))) {}

Request S3Client::make(Asked wanted) const {
  auto asked = std::make_shared<Asked>(std::move(wanted));
  // One limit for a bucket, wherever it turns out to be.
  return {.url = {.text = asked->shown,
                  .scheme = "https",
                  .host = state_->endpoint ? state_->endpoint->host
                                           : "s3://" + asked->bucket},
          .sign = [state = state_, asked] { return state->sign(*asked); },
          .subject = state_->endpoint_path + target_of(asked->request),
          .redirects = false,
          .judge =
              [state = state_, asked](const Response& response) {
                return state->judge(*asked, response);
              }};
}

Request S3Client::get(const S3Uri& uri, std::string etag,
                      std::optional<ByteRange> range,
                      std::optional<std::uint64_t> size) const {
  AwsRequest object{.path = '/' + uri.key};
  if (!etag.empty()) object.headers["if-match"] = etag;
  if (range) object.headers["range"] = range->text();
  Request request = make({.bucket = uri.bucket,
                          .shown = shown(uri),
                          .request = std::move(object),
                          .size = size});
  request.range = range;
  request.hedge = size.value_or(0) <= most_to_hedge;
  request.version = std::move(etag);
  return request;
}

std::string S3Client::shown(const S3Uri& uri) const {
  return shown_url(state_->settings.scheme + "://" + uri.bucket + '/' +
                   uri.key);
}

std::vector<S3Object> S3Client::list(const std::string& bucket,
                                     const std::string& prefix) const {
  std::vector<S3Object> objects;
  std::set<std::string> tokens;
  std::string token;
  do {
    AwsRequest page{.query = {{"list-type", "2"},
                              {"max-keys", "1000"},
                              {"encoding-type", "url"}}};
    if (!prefix.empty()) page.query.emplace_back("prefix", prefix);
    if (!token.empty()) page.query.emplace_back("continuation-token", token);
    Request request = make({.bucket = bucket,
                            .shown = shown({bucket, prefix}),
                            .request = std::move(page)});
    request.hedge = false;
    const Response response = reactor_->fetch(std::move(request)).value();
    S3Page found = parse_s3_page(response.body).value();
    std::move(found.objects.begin(), found.objects.end(),
              std::back_inserter(objects));
    token = std::move(found.next);
    if (!token.empty() && !tokens.insert(token).second) {
      raise("s3.answer", "the listing of the bucket " + bucket +
                             " comes round to a page that it had before");
    }
  } while (!token.empty());
  std::sort(objects.begin(), objects.end(),
            [](const S3Object& a, const S3Object& b) { return a.key < b.key; });
  return objects;
}

}  // namespace quarry::detail
