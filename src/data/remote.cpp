#include "data/remote.hpp"

#include <utility>

#include "data/uri.hpp"

namespace quarry::detail {

Result<Bytes> fetch_body(Reactor& reactor, Request request) {
  Result<Response> response = reactor.fetch(std::move(request));
  if (!response.ok()) return std::move(response).error();
  return response->body;
}

void fetch_body(Reactor& reactor, Request request, ReadDone done) {
  reactor.fetch(std::move(request),
                [done = std::move(done)](Result<Response> response) {
                  if (response.ok()) {
                    done(response->body);
                  } else {
                    done(std::move(response).error());
                  }
                });
}

RemoteReader::RemoteReader(const NetworkOptions& network, const S3Options& s3)
    : network_(network), s3_options_(s3) {
  network_.validate();
}

Result<void> RemoteReader::prepare(std::string_view uri) {
  if (is_bucket_uri(uri)) {
    const Result<S3Uri> place = parse_s3(uri);
    if (!place.ok()) return place.error();
    if (!reactor_) reactor_ = Reactor::start(network_);
    const auto scheme = scheme_of(uri).value();
    auto& client = scheme == "gs" ? google_ : s3_;
    if (!client) client.emplace(reactor_, settings_for(scheme, s3_options_));
    return {};
  }
  const Result<Url> url = parse_url(uri);
  if (!url.ok()) return url.error();
  if (!reactor_) reactor_ = Reactor::start(network_);
  return {};
}

const S3Client& RemoteReader::client_of(std::string_view uri) const {
  return (scheme_of(uri) == "gs" ? google_ : s3_).value();
}

Request RemoteReader::request(std::string_view uri, const std::string& etag,
                              std::optional<ByteRange> range) const {
  if (is_bucket_uri(uri)) {
    return client_of(uri).get(parse_s3(uri).value(), etag, range);
  }
  return {.url = parse_url(uri).value(), .range = range, .etag = etag};
}

Result<Response> RemoteReader::fetch(std::string_view uri) const {
  return reactor_->fetch(request(uri));
}

Result<Bytes> RemoteReader::read(std::string_view uri) const {
  return fetch_body(*reactor_, request(uri));
}

void RemoteReader::read(std::string_view uri, ReadDone done) const {
  fetch_body(*reactor_, request(uri), std::move(done));
}

Result<Response> RemoteReader::read_part(std::string_view uri, ByteRange range,
                                         const std::string& etag) const {
  return reactor_->fetch(request(uri, etag, range));
}

void RemoteReader::read_part(std::string_view uri, ByteRange range,
                             const std::string& etag, FetchDone done) const {
  reactor_->fetch(request(uri, etag, range), std::move(done));
}

std::vector<S3Object> RemoteReader::list(std::string_view uri) {
  prepare(uri).value();
  const S3Uri prefix = parse_s3(uri).value();
  return client_of(uri).list(prefix.bucket, prefix.key);
}

NetworkStats RemoteReader::stats() const {
  return reactor_ ? reactor_->stats() : NetworkStats();
}

}  // namespace quarry::detail
