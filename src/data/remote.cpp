#include "data/remote.hpp"

#include <utility>

#include "data/uri.hpp"

namespace quarry::detail {
namespace {

constexpr std::string_view s3_scheme = "s3";
constexpr std::string_view google_scheme = "gs";

}  // namespace

Result<Bytes> fetch_body(CachingReactor& reactor, Request request) {
  Result<Response> response = reactor.fetch(std::move(request));
  if (!response.ok()) return std::move(response).error();
  return response->body;
}

void fetch_body(CachingReactor& reactor, Request request, ReadDone done) {
  reactor.fetch(std::move(request),
                [done = std::move(done)](Result<Response> response) {
                  if (response.ok()) {
                    done(response->body);
                  } else {
                    done(std::move(response).error());
                  }
                });
}

Result<Url> parse_remote(std::string_view uri) {
  if (!is_bucket_uri(uri)) return parse_url(uri);
  const Result<S3Uri> place = parse_s3(uri);
  if (!place.ok()) return place.error();
  const std::string scheme = scheme_of(uri).value();
  return Url{.text = std::string(uri),
             .scheme = scheme,
             .host = scheme + "://" + place->bucket};
}

AwsSettings settings_for(std::string_view scheme, const S3Options& s3,
                         const NetworkOptions& network) {
  S3Options options = s3;
  // Nobody is asked: no credentials are needed.
  options.anonymous = options.anonymous || network.cache.offline;
  return settings_for(scheme, options);
}

RemoteReader::RemoteReader(const NetworkOptions& network, const S3Options& s3)
    : network_(network), s3_options_(s3) {
  network_.validate();
}

Result<Url> RemoteReader::prepare(std::string_view uri) {
  Result<Url> url = parse_remote(uri);
  if (!url.ok()) return url;
  if (!reactor_) reactor_ = CachingReactor::start(network_);
  if (url->scheme == s3_scheme || url->scheme == google_scheme) {
    auto& client = url->scheme == google_scheme ? google_ : s3_;
    if (!client) {
      client.emplace(reactor_,
                     settings_for(url->scheme, s3_options_, network_));
    }
  }
  return url;
}

const S3Client& RemoteReader::client_of(const Url& url) const {
  return (url.scheme == google_scheme ? google_ : s3_).value();
}

Request RemoteReader::request(const Url& url, const std::string& etag,
                              std::optional<ByteRange> range) const {
  if (url.scheme == s3_scheme || url.scheme == google_scheme) {
    return client_of(url).get(parse_s3(url.text).value(), etag, range);
  }
  return {.url = url, .range = range, .etag = etag};
}

Result<Response> RemoteReader::fetch(const Url& url) const {
  return reactor_->fetch(request(url));
}

Result<Bytes> RemoteReader::read(const Url& url) const {
  return fetch_body(*reactor_, request(url));
}

void RemoteReader::read(const Url& url, ReadDone done) const {
  fetch_body(*reactor_, request(url), std::move(done));
}

Result<Response> RemoteReader::read_part(const Url& url, ByteRange range,
                                         const std::string& etag) const {
  return reactor_->fetch(request(url, etag, range));
}

void RemoteReader::read_part(const Url& url, ByteRange range,
                             const std::string& etag, FetchDone done) const {
  reactor_->fetch(request(url, etag, range), std::move(done));
}

std::vector<S3Object> RemoteReader::list(std::string_view uri) {
  const Url url = prepare(uri).value();
  const S3Uri prefix = parse_s3(uri).value();
  return client_of(url).list(prefix.bucket, prefix.key);
}

NetworkStats RemoteReader::stats() const {
  return reactor_ ? reactor_->stats() : NetworkStats();
}

}  // namespace quarry::detail
