#include "quarry/data/s3_source.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include "quarry/data/file_uri.hpp"

#include "data/extensions.hpp"
#include "data/remote.hpp"
#include "data/text_table.hpp"
#include "data/uri.hpp"
#include "net/s3.hpp"

namespace quarry {

struct S3Source::State {
  std::string scheme;  ///< s3 or gs
  std::string bucket;
  std::size_t prefix = 0;  ///< bytes of a key that are no part of the id
  detail::TextTable keys;
  detail::TextTable etags;
  std::vector<std::uint64_t> sizes;
  std::uint64_t max_bytes = 0;
  std::size_t ignored = 0;
  std::shared_ptr<detail::CachingReactor> reactor;
  std::optional<detail::S3Client> client;

  std::string uri(std::size_t i) const {
    return detail::shown_url(scheme + "://" + bucket + '/' +
                             std::string(keys[i]));
  }
  detail::Request request(std::size_t i) const {
    return client->get({bucket, std::string(keys[i])}, std::string(etags[i]),
                       std::nullopt, sizes[i]);
  }
  /// What the listing says already.
  std::optional<Failure> refused(std::size_t i) const {
    if (sizes[i] <= max_bytes) return std::nullopt;
    return Failure{"net.too_large",
                   uri(i) + ": larger than the " + std::to_string(max_bytes) +
                       " bytes allowed",
                   "raise max_bytes if it should be"};
  }
};

void S3SourceOptions::validate() const {
  detail::check_extensions(extensions);
  network.validate();
}

S3Source::S3Source(std::string_view uri, const S3SourceOptions& options) {
  options.validate();
  auto state = std::make_shared<State>();
  state->max_bytes = options.network.max_bytes;
  detail::S3Uri place = detail::parse_s3(uri).value();
  state->scheme = detail::scheme_of(uri).value();
  state->bucket = std::move(place.bucket);
  const std::size_t slash = place.key.rfind('/');
  state->prefix = slash == place.key.npos ? 0 : slash + 1;
  state->reactor = detail::CachingReactor::start(options.network);
  state->client.emplace(
      state->reactor,
      detail::settings_for(state->scheme, options.s3, options.network));
  for (const detail::S3Object& object :
       state->client->list(state->bucket, place.key)) {
    // What consoles make to show a folder.
    if (object.key.ends_with('/')) continue;
    if (!detail::has_extension(object.key, options.extensions)) {
      ++state->ignored;
      continue;
    }
    state->keys.add(object.key);
    state->etags.add(object.etag);
    state->sizes.push_back(object.size);
  }
  state->keys.shrink_to_fit();
  state->etags.shrink_to_fit();
  state->sizes.shrink_to_fit();
  state_ = std::move(state);
}

std::size_t S3Source::size() const noexcept {
  return state_->keys.size();
}

Sample S3Source::sample(std::size_t i) const {
  const std::string_view key = state_->keys[i];
  return {.id = id_of_path(key.substr(state_->prefix)), .uri = state_->uri(i)};
}

Result<Bytes> S3Source::read(std::size_t i) const {
  if (auto failure = state_->refused(i)) return *std::move(failure);
  return detail::fetch_body(*state_->reactor, state_->request(i));
}

void S3Source::read_async(std::size_t i, ReadDone done) const {
  if (auto failure = state_->refused(i)) return done(*std::move(failure));
  detail::fetch_body(*state_->reactor, state_->request(i), std::move(done));
}

std::size_t S3Source::ignored() const noexcept {
  return state_->ignored;
}

NetworkStats S3Source::network() const {
  return state_->reactor->stats();
}

}  // namespace quarry
