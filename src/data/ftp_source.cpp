#include "quarry/data/ftp_source.hpp"

#include <utility>

#include "quarry/data/file_uri.hpp"

#include "data/extensions.hpp"
#include "data/remote.hpp"
#include "data/text_table.hpp"
#include "data/uri.hpp"
#include "net/ftp.hpp"

namespace quarry {

struct FtpSource::State {
  detail::Url root;  ///< ends in a slash
  detail::TextTable paths;
  detail::TextTable versions;
  std::size_t ignored = 0;
  std::shared_ptr<detail::CachingReactor> reactor;

  detail::Request request(std::size_t i) const {
    return {.url = detail::ftp_url(root, paths[i]),
            .version = std::string(versions[i])};
  }
};

void FtpSourceOptions::validate() const {
  detail::check_extensions(extensions);
  network.validate();
}

FtpSource::FtpSource(std::string_view url, const FtpSourceOptions& options) {
  options.validate();
  auto state = std::make_shared<State>();
  state->root = detail::parse_url(url).value();
  if (!state->root.scheme.starts_with("ftp")) {
    raise("net.scheme", detail::shown_url(url) + ": no ftp: or ftps: URL");
  }
  if (!state->root.text.ends_with('/')) state->root.text += '/';
  state->reactor = detail::CachingReactor::start(options.network);
  for (const detail::FtpFile& file :
       detail::list_ftp(*state->reactor, state->root)) {
    if (!detail::has_extension(file.path, options.extensions)) {
      ++state->ignored;
      continue;
    }
    state->paths.add(file.path);
    state->versions.add(file.version);
  }
  state->paths.shrink_to_fit();
  state->versions.shrink_to_fit();
  state_ = std::move(state);
}

std::size_t FtpSource::size() const noexcept {
  return state_->paths.size();
}

Sample FtpSource::sample(std::size_t i) const {
  return {.id = id_of_path(state_->paths[i]),
          .uri = detail::shown_url(state_->request(i).url.text)};
}

Result<Bytes> FtpSource::read(std::size_t i) const {
  return detail::fetch_body(*state_->reactor, state_->request(i));
}

void FtpSource::read_async(std::size_t i, ReadDone done) const {
  detail::fetch_body(*state_->reactor, state_->request(i), std::move(done));
}

std::size_t FtpSource::ignored() const noexcept {
  return state_->ignored;
}

NetworkStats FtpSource::network() const {
  return state_->reactor->stats();
}

}  // namespace quarry
