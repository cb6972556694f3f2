#include "quarry/data/http_source.hpp"

#include <utility>

#include "data/remote_list.hpp"

namespace quarry {

struct HttpSource::State {
  explicit State(const NetworkOptions& options) : urls(options, {}) {}

  detail::RemoteList urls;
  /// Told when URLs differ in nothing else.
  detail::Secrets secrets = detail::Secrets::hidden;

  std::string id(std::size_t i) const {
    return detail::shown_url(urls[i].text, secrets);
  }
};

HttpSource::HttpSource(const std::vector<std::string>& urls,
                       const NetworkOptions& options) {
  auto state = std::make_shared<State>(options);
  detail::TextTable ids;
  for (const std::string& url : urls) {
    ids.add(state->id(state->urls.add(url).value()));
  }
  auto pair = detail::find_duplicate(ids);
  if (pair) {
    // They may differ in what is not shown.
    state->secrets = detail::Secrets::told;
    ids = {};
    for (std::size_t i = 0; i < urls.size(); ++i) ids.add(state->id(i));
    pair = detail::find_duplicate(ids);
  }
  if (pair) {
    raise("source.duplicate_id",
          "the URLs " + std::to_string(pair->first) + " and " +
              std::to_string(pair->second) + " (from 0) are the same, " +
              std::string(ids[pair->first]),
          "name each object once");
  }
  state->urls.shrink_to_fit();
  state_ = std::move(state);
}

std::size_t HttpSource::size() const noexcept {
  return state_->urls.size();
}

Sample HttpSource::sample(std::size_t i) const {
  const std::string id = state_->id(i);
  return {.id = id, .uri = id};
}

Result<Bytes> HttpSource::read(std::size_t i) const {
  return state_->urls.read(i);
}

void HttpSource::read_async(std::size_t i, ReadDone done) const {
  state_->urls.read(i, std::move(done));
}

NetworkStats HttpSource::network() const {
  return state_->urls.stats();
}

}  // namespace quarry
