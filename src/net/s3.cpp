#include "net/s3.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <ctime>
#include <mutex>
#include <utility>

#include <curl/curl.h>
#include <pugixml.hpp>

#include "quarry/core/error.hpp"

#include "net/sigv4.hpp"

namespace quarry::detail {
namespace {

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

bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

struct S3Error {
  std::string code;
  std::string message;
  std::string region;
};

S3Error error_of(const Response& response) {
  S3Error error;
  pugi::xml_document document;
  const std::string_view text = response.body.text();
  if (document.load_buffer(text.data(), text.size())) {
    const pugi::xml_node node = document.child("Error");
    error.code = node.child_value("Code");
    error.message = node.child_value("Message");
    error.region = node.child_value("Region");
  }
  const auto region = response.headers.find("x-amz-bucket-region");
  if (region != response.headers.end()) error.region = region->second;
  // It becomes a part of the host that is asked, and of a header.
  if (!is_name(error.region)) error.region.clear();
  return error;
}

bool one_of(std::string_view text,
            std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

}  // namespace

/// What is learnt while asking: shared by all requests.
struct S3Client::State {
  explicit State(AwsSettings given)
      : settings(std::move(given)), region_(settings.region) {}

  std::string region() const {
    const std::lock_guard lock(mutex_);
    return region_;
  }
  /// False when that is where it was asked already.
  bool moved_to(const std::string& region) {
    const std::lock_guard lock(mutex_);
    if (region.empty() || region == region_) return false;
    region_ = region;
    return true;
  }

  Signed sign(const std::string& bucket, AwsRequest request) const;
  Verdict judge(const Response& response, const std::string& shown,
                const std::string& asked_in);

  const AwsSettings settings;
  std::atomic<std::int64_t> skew{0};  ///< seconds the server is ahead

 private:
  mutable std::mutex mutex_;
  std::string region_;
};

Signed S3Client::State::sign(const std::string& bucket,
                             AwsRequest request) const {
  request.region = region();
  request.date = aws_date(std::time(nullptr) + skew);
  std::string root;
  // A bucket with dots has no certificate as a host.
  const bool in_path =
      !settings.endpoint.empty() || bucket.find('.') != bucket.npos;
  if (!settings.endpoint.empty()) {
    root = settings.endpoint;
    request.host = root.substr(root.find("://") + 3);
    request.host = request.host.substr(0, request.host.find('/'));
  } else {
    request.host = (in_path ? "" : bucket + '.') + "s3." + request.region +
                   ".amazonaws.com";
    root = "https://" + request.host;
  }
  request.path = (in_path ? '/' + bucket : std::string()) + request.path;
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

Verdict S3Client::State::judge(const Response& response,
                               const std::string& shown,
                               const std::string& asked_in) {
  Verdict verdict = judge_http(response, shown);
  if (verdict.what == Verdict::What::take) return verdict;
  const S3Error error = error_of(response);
  Failure& failure = *verdict.failure;
  if (!error.code.empty()) {
    failure.message = shown + ": " + error.code;
    if (!error.message.empty()) failure.message += " (" + error.message + ')';
  }
  const auto stops_run = [&](ErrorId id, std::string hint) {
    failure.id = id;
    failure.hint = std::move(hint);
    failure.blame = Blame::run;
  };
  // A bucket elsewhere: once, for all requests that follow.
  const bool elsewhere =
      response.status == 301 || response.status == 307 ||
      one_of(error.code, {"AuthorizationHeaderMalformed", "PermanentRedirect",
                          "IllegalLocationConstraint"});
  if (elsewhere && (moved_to(error.region) || region() != asked_in)) {
    verdict.what = Verdict::What::retry;
    return verdict;
  }
  if (elsewhere) {
    stops_run("s3.region", "name the bucket's region with AWS_REGION");
    return verdict;
  }
  if (error.code == "RequestTimeTooSkewed") {
    const auto date = response.headers.find("date");
    const std::time_t there = date == response.headers.end()
                                  ? -1
                                  : curl_getdate(date->second.c_str(), nullptr);
    if (there != -1) {
      skew = there - std::time(nullptr);
      verdict.what = Verdict::What::retry;
    } else {
      stops_run("s3.credentials", "set this machine's clock");
    }
    return verdict;
  }
  if (one_of(error.code, {"SlowDown", "RequestTimeout", "InternalError",
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
        shown + ": the object has changed since the bucket was listed";
  }
  return verdict;
}

Result<S3Uri> parse_s3(std::string_view uri) {
  constexpr std::string_view scheme = "s3://";
  const auto bad = [&](const char* why) {
    return Failure{"net.url", shown_url(uri) + ": " + why, "s3://bucket/key"};
  };
  if (!uri.starts_with(scheme)) return bad("not an s3: URI");
  uri.remove_prefix(scheme.size());
  const std::size_t slash = std::min(uri.find('/'), uri.size());
  S3Uri parsed{.bucket = std::string(uri.substr(0, slash)), .key = {}};
  if (slash < uri.size()) parsed.key = uri.substr(slash + 1);
  const bool well_formed =
      !parsed.bucket.empty() &&
      std::all_of(parsed.bucket.begin(), parsed.bucket.end(), [](char c) {
        return c == '.' || is_name({&c, 1});
      });
  if (!well_formed) return bad("no bucket's name");
  return parsed;
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

S3Client::S3Client(std::shared_ptr<Reactor> reactor, AwsSettings settings)
    : reactor_(std::move(reactor)),
      state_(std::make_shared<State>(std::move(settings))) {
  const std::string& endpoint = state_->settings.endpoint;
  if (endpoint.empty()) return;
  if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) {
    raise("net.url", "the S3 endpoint " + shown_url(endpoint) +
                         " is no http: or https: URL");
  }
  parse_url(endpoint).value();
}

Request S3Client::make(const std::string& bucket, std::string shown,
                       AwsRequest asked) const {
  // One limit for a bucket, wherever it turns out to be.
  const AwsSettings& settings = state_->settings;
  auto asked_in = std::make_shared<std::string>();
  return {.url = {.text = shown,
                  .scheme = "https",
                  .host = settings.endpoint.empty() ? "s3://" + bucket
                                                    : settings.endpoint},
          .sign =
              [state = state_, bucket, asked = std::move(asked), asked_in] {
                *asked_in = state->region();
                return state->sign(bucket, asked);
              },
          .redirects = false,
          .judge =
              [state = state_, shown, asked_in](const Response& response) {
                return state->judge(response, shown, *asked_in);
              }};
}

Request S3Client::get(const S3Uri& uri, std::string etag,
                      std::optional<ByteRange> range) const {
  AwsRequest object{.path = '/' + uri.key};
  if (!etag.empty()) object.headers["if-match"] = std::move(etag);
  if (range) object.headers["range"] = range->text();
  Request request =
      make(uri.bucket, "s3://" + uri.bucket + '/' + uri.key, std::move(object));
  request.range = range;
  return request;
}

std::vector<S3Object> S3Client::list(const std::string& bucket,
                                     const std::string& prefix) const {
  std::vector<S3Object> objects;
  std::string token;
  do {
    AwsRequest page{.query = {{"list-type", "2"},
                              {"max-keys", "1000"},
                              {"encoding-type", "url"}}};
    if (!prefix.empty()) page.query.emplace_back("prefix", prefix);
    if (!token.empty()) page.query.emplace_back("continuation-token", token);
    Request request = make(bucket, "s3://" + bucket + '/' + prefix, page);
    request.hedge = false;
    const Response response = reactor_->fetch(std::move(request)).value();
    S3Page found = parse_s3_page(response.body).value();
    std::move(found.objects.begin(), found.objects.end(),
              std::back_inserter(objects));
    token = std::move(found.next);
  } while (!token.empty());
  std::sort(objects.begin(), objects.end(),
            [](const S3Object& a, const S3Object& b) { return a.key < b.key; });
  return objects;
}

}  // namespace quarry::detail
