#include "quarry/data/http_source.hpp"

#include <utility>

#include "data/remote.hpp"
#include "data/text_table.hpp"

namespace quarry {

struct HttpSource::State {
  explicit State(const NetworkOptions& options) : reader(options, {}) {}

  detail::TextTable urls;   // as given
  detail::TextTable shown;  // without what grants access
  detail::RemoteReader reader;
};

HttpSource::HttpSource(const std::vector<std::string>& urls,
                       const NetworkOptions& options) {
  auto state = std::make_shared<State>(options);
  for (const std::string& url : urls) {
    const detail::Url parsed = detail::parse_url(url).value();
    state->reader.prepare(url).value();
    state->urls.add(url);
    state->shown.add(detail::shown_url(parsed.text));
  }
  auto pair = detail::find_duplicate(state->shown);
  if (pair) {
    // They may differ in what is not shown.
    state->shown = {};
    for (const std::string& url : urls) {
      state->shown.add(detail::shown_url(detail::parse_url(url).value().text,
                                         detail::Secrets::told));
    }
    pair = detail::find_duplicate(state->shown);
  }
  if (pair) {
    raise("source.duplicate_id",
          "the URLs " + std::to_string(pair->first) + " and " +
              std::to_string(pair->second) + " (from 0) are the same, " +
              std::string(state->shown[pair->first]),
          "name each object once");
  }
  state->urls.shrink_to_fit();
  state->shown.shrink_to_fit();
  state_ = std::move(state);
}

std::size_t HttpSource::size() const noexcept {
  return state_->urls.size();
}

Sample HttpSource::sample(std::size_t i) const {
  const std::string_view shown = state_->shown[i];
  return {.id = std::string(shown), .uri = std::string(shown)};
}

Result<Bytes> HttpSource::read(std::size_t i) const {
  return state_->reader.read(state_->urls[i]);
}

void HttpSource::read_async(std::size_t i, ReadDone done) const {
  state_->reader.read(state_->urls[i], std::move(done));
}

NetworkStats HttpSource::network() const {
  return state_->reader.stats();
}

}  // namespace quarry
