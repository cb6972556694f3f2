#include "data/remote.hpp"

#include <utility>

#include "data/uri.hpp"

namespace quarry::detail {
namespace {

bool is_s3(std::string_view uri) {
  return scheme_of(uri) == "s3";
}

}  // namespace

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

bool has_extension(std::string_view name,
                   const std::vector<std::string>& extensions) {
  if (extensions.empty()) return true;
  const std::string lower = lower_case(name);
  for (const std::string& extension : extensions) {
    if (lower.ends_with('.' + lower_case(extension))) return true;
  }
  return false;
}

RemoteReader::RemoteReader(const NetworkOptions& network, const S3Options& s3)
    : network_(network), s3_options_(s3) {
  network_.validate();
}

Result<void> RemoteReader::prepare(std::string_view uri) {
  if (is_s3(uri)) {
    const Result<S3Uri> place = parse_s3(uri);
    if (!place.ok()) return place.error();
    if (!reactor_) reactor_ = Reactor::start(network_);
    if (!s3_) s3_.emplace(reactor_, aws_settings(s3_options_));
    return {};
  }
  const Result<Url> url = parse_url(uri);
  if (!url.ok()) return url.error();
  if (!reactor_) reactor_ = Reactor::start(network_);
  return {};
}

Request RemoteReader::request(std::string_view uri, const std::string& etag,
                              std::optional<ByteRange> range) const {
  if (is_s3(uri)) return s3_.value().get(parse_s3(uri).value(), etag, range);
  return {.url = parse_url(uri).value(), .range = range, .etag = etag};
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

std::vector<S3Object> RemoteReader::list(const S3Uri& prefix) const {
  return s3_.value().list(prefix.bucket, prefix.key);
}

NetworkStats RemoteReader::stats() const {
  return reactor_ ? reactor_->stats() : NetworkStats();
}

}  // namespace quarry::detail
