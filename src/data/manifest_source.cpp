#include "quarry/data/manifest_source.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "quarry/core/file.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/file_version.hpp"
#include "data/manifest_entries.hpp"
#include "data/missing.hpp"
#include "data/remote_list.hpp"
#include "data/spooled_file.hpp"
#include "data/text_table.hpp"
#include "data/uri.hpp"
#include "net/worker.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

using Where = std::function<std::string()>;

/// In place of a number among what is remote.
constexpr std::uint32_t is_local = std::numeric_limits<std::uint32_t>::max();

constexpr std::array<std::string_view, 6> remote_schemes = {
    "http", "https", "ftp", "ftps", "s3", "gs"};
// Local files of a list that is not all local.
constexpr std::size_t local_readers = 4;

/// Whether `text` is a URI that is read over a network.
bool is_remote(std::string_view text) {
  const auto scheme = detail::scheme_of(text);
  return scheme && std::find(remote_schemes.begin(), remote_schemes.end(),
                             *scheme) != remote_schemes.end();
}

/// The manifest's folder as an absolute path that ends in a slash.
std::string folder_of(const fs::path& manifest) {
  const fs::path folder =
      manifest.has_parent_path() ? manifest.parent_path() : fs::path(".");
  std::error_code error;
  std::string text = fs::canonical(folder, error).native();
  if (error) text = fs::absolute(folder).native();
  if (text.back() != '/') text += '/';
  return text;
}

/// The file that `uri` names: absolute, or relative to `base`.
std::string resolve_path(std::string_view uri, const std::string& base,
                         const Where& where) {
  if (const auto scheme = detail::scheme_of(uri)) {
    if (scheme != "file") {
      raise("source.scheme",
            where() + ": " + detail::cut(*scheme, 40) + ": URIs cannot be read",
            detail::hint_for_scheme(*scheme));
    }
    const Result<fs::path> path = path_of_uri(uri);
    if (!path.ok()) {
      raise("source.uri", where() + ": " + path.error().message,
            path.error().hint);
    }
    return path->native();
  }
  while (uri.size() > 2 && uri.substr(0, 2) == "./" && uri[2] != '/') {
    uri.remove_prefix(2);
  }
  const auto exists = [&](const std::string& path) {
    std::error_code error;
    return fs::exists(path.front() == '/' ? path : base + path, error);
  };
  std::string path(uri);
  if (uri.find('%') == uri.npos || exists(path)) return path;
  const std::optional<std::string> decoded = detail::percent_decode(uri);
  if (!decoded || decoded->find('\0') != decoded->npos) return path;
  return exists(*decoded) ? *decoded : path;
}

}  // namespace

/// A local file to read on another thread.
struct ManifestSource::LocalRead {
  std::shared_ptr<const State> state;
  std::size_t index = 0;
  ReadDone done;
};

struct ManifestSource::State {
  explicit State(const ManifestOptions& options)
      : remote(options.network, options.s3) {
    file.max_bytes = options.max_file_bytes;
  }

  std::string base;  ///< of relative paths: absolute, ends in a slash
  std::string base_uri;
  std::string url;  ///< the list's own, when it came from one
  /// Told when URLs differ in nothing else.
  detail::Secrets secrets = detail::Secrets::hidden;
  detail::TextTable paths;  ///< absolute, or relative to `base`; or remote
  detail::RemoteList remote;
  /// Which of them a sample is, or `is_local`; empty when all are local.
  std::vector<std::uint32_t> remotes;
  detail::TextTable ids;     ///< no texts when every id is its path's
  detail::TextTable truths;  ///< no texts when there is no truth
  ReadFileOptions file;
  detail::FileVersions versions;
  /// Of what is local among what is not: a network's thread must not wait for a
  /// file. Empty when all are of a kind.
  std::vector<std::unique_ptr<detail::Worker<LocalRead>>> workers;

  void read(const fs::path& list, std::string_view name,
            const ManifestOptions& options);
  bool is_remote_at(std::size_t i) const {
    return !remotes.empty() && remotes[i] != is_local;
  }
  std::string default_id(std::size_t i) const {
    return is_remote_at(i) ? shown(i) : id_of_path(paths[i]);
  }
  /// Of what is remote.
  std::string shown(std::size_t i) const {
    return detail::shown_url(remote[remotes[i]].text, secrets);
  }
  std::string local_path(std::size_t i) const {
    const std::string_view path = paths[i];
    return (path.front() == '/' ? "" : base) + std::string(path);
  }
  Result<Bytes> read_local(std::size_t i) const {
    return read_file(local_path(i), file);
  }

 private:
  void add(const detail::ManifestEntry& entry, const Where& where);
  void add_remote(const std::string& uri, const Where& where);
  /// Drops what the paths say already.
  void compact();
};

void ManifestSource::State::add_remote(const std::string& uri,
                                       const Where& where) {
  const auto or_raise = [&](const auto& result) {
    if (result.ok()) return;
    raise(result.error().id, where() + ": " + result.error().message,
          result.error().hint);
  };
  std::string absolute = uri;
  if (!detail::scheme_of(uri)) {
    const Result<std::string> joined = detail::join_url(url, uri);
    or_raise(joined);
    absolute = *joined;
  } else if (!is_remote(uri)) {
    raise("source.scheme",
          where() + ": a list from another host cannot name local files",
          "copy the list here if it is to be trusted");
  }
  const Result<std::size_t> number = remote.add(absolute);
  or_raise(number);
  if (detail::is_bucket_uri(absolute) &&
      detail::parse_s3(absolute).value().key.empty()) {
    raise("net.url", where() + ": " + detail::shown_url(absolute) +
                         " is a bucket and no object in it");
  }
  remotes.push_back(static_cast<std::uint32_t>(*number));
  paths.add("");
}

void ManifestSource::State::add(const detail::ManifestEntry& entry,
                                const Where& where) {
  if (entry.uri.empty()) {
    raise("source.manifest", where() + ": no \"uri\"",
          "every entry says where its sample is");
  }
  for (const std::string* text : {&entry.uri, &entry.id, &entry.truth}) {
    if (text->find('\0') != text->npos) {
      raise("source.manifest", where() + ": a NUL character");
    }
  }
  if (!detail::is_printable(entry.id) || !detail::is_printable(entry.truth)) {
    raise("source.manifest",
          where() + ": id and truth must be UTF-8 without control characters");
  }
  const bool over_network = !url.empty() || is_remote(entry.uri);
  if (over_network) {
    add_remote(entry.uri, where);
  } else {
    paths.add(resolve_path(entry.uri, base, where));
    remotes.push_back(is_local);
  }
  // A relative key has no query, and what looks like one is no secret.
  const bool is_url = over_network && (detail::scheme_of(entry.uri) ||
                                       !detail::is_bucket_uri(url));
  const std::string written =
      is_url ? detail::shown_url(entry.uri, secrets) : id_of_path(entry.uri);
  ids.add(entry.id.empty() ? written : entry.id);
  truths.add(entry.truth);
}

void ManifestSource::State::compact() {
  const std::size_t local = paths.size() - remote.size();
  if (remote.size() == 0) remotes = {};
  for (std::size_t i = 0; i < local_readers && local > 0 && !remotes.empty();
       ++i) {
    workers.push_back(std::make_unique<detail::Worker<LocalRead>>(
        "quarry-read", 1, [](std::vector<LocalRead> reads) {
          for (const LocalRead& read : reads)
            read.done(read.state->read_local(read.index));
        }));
  }
  bool own_ids = false;
  bool any_truth = false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    own_ids = own_ids || ids[i] != default_id(i);
    any_truth = any_truth || !truths[i].empty();
  }
  if (!own_ids) ids = {};
  if (!any_truth) truths = {};
  for (detail::TextTable* table : {&paths, &ids, &truths}) {
    table->shrink_to_fit();
  }
  remote.shrink_to_fit();
  remotes.shrink_to_fit();
}

void ManifestSource::State::read(const fs::path& list, std::string_view name,
                                 const ManifestOptions& options) {
  std::vector<std::size_t> lines;
  detail::read_entries(
      list, name,
      {.max_bytes = options.max_line_bytes,
       .name = url.empty() ? std::string() : std::string(name)},
      [&](const detail::ManifestEntry& entry, const detail::EntryPlace& place) {
        add(entry, place.where);
        lines.push_back(place.line);
      });
  if (const auto pair = detail::find_duplicate(ids)) {
    if (secrets == detail::Secrets::hidden &&
        remotes[pair->first] != is_local && remotes[pair->second] != is_local) {
      secrets = detail::Secrets::told;
      paths = ids = truths = {};
      remote.clear();
      remotes.clear();
      return read(list, name, options);
    }
    raise("source.duplicate_id",
          detail::shown(name) + ": lines " +
              std::to_string(lines[pair->first]) + " and " +
              std::to_string(lines[pair->second]) + " have the same id, \"" +
              std::string(ids[pair->first]) + '"',
          "remove one, or give each an id of its own");
  }
  compact();
}

void ManifestOptions::validate() const {
  if (max_line_bytes == 0) {
    raise("source.option", "max_line_bytes is 0: it must be at least 1");
  }
  if (max_file_bytes == 0) {
    raise("source.option", "max_file_bytes is 0: it must be at least 1");
  }
}

ManifestSource::ManifestSource(const fs::path& manifest,
                               const ManifestOptions& options) {
  options.validate();
  static_cast<void>(detail::status_of(manifest));
  auto state = std::make_shared<State>(options);
  state->base = folder_of(manifest);
  state->base_uri = file_uri(state->base);
  state->read(manifest, manifest.native(), options);
  state_ = std::move(state);
}

ManifestSource ManifestSource::from_url(std::string_view url,
                                        const ManifestOptions& options) {
  options.validate();
  auto state = std::make_shared<State>(options);
  detail::RemoteReader& reader = state->remote.reader();
  const detail::Response answer =
      reader.fetch(reader.prepare(url).value()).value();
  state->url = url;
  // What is relative starts where the list was found in the end.
  if (!answer.redirected_to.empty()) {
    state->url = detail::with_login(answer.redirected_to,
                                    detail::parse_url(url).value());
  }
  const std::string name = detail::shown_url(detail::without_query(url));
  const detail::SpooledFile file(answer.body);
  state->read(file.path(), name, options);
  return ManifestSource(std::move(state));
}

ManifestSource::ManifestSource(std::shared_ptr<const State> state)
    : state_(std::move(state)) {}

std::size_t ManifestSource::size() const noexcept {
  return state_->paths.size();
}

Sample ManifestSource::sample(std::size_t i) const {
  const std::string_view path = state_->paths[i];
  Sample sample{.id = state_->ids.empty() ? state_->default_id(i)
                                          : std::string(state_->ids[i]),
                .uri = {}};
  if (state_->is_remote_at(i)) {
    sample.uri = state_->shown(i);
  } else {
    sample.uri = (path.front() == '/' ? "file://" : state_->base_uri) +
                 detail::percent_encode(path);
  }
  if (!state_->truths.empty() && !state_->truths[i].empty()) {
    sample.truth = std::string(state_->truths[i]);
  }
  return sample;
}

Result<Bytes> ManifestSource::read(std::size_t i) const {
  if (state_->is_remote_at(i)) return state_->remote.read(state_->remotes[i]);
  return state_->read_local(i);
}

std::optional<std::string> ManifestSource::version(std::size_t i) const {
  if (state_->is_remote_at(i)) return std::nullopt;
  return state_->versions.of(state_->local_path(i), state_->file.max_bytes);
}

void ManifestSource::read_async(std::size_t i, ReadDone done) const {
  if (state_->is_remote_at(i)) {
    state_->remote.read(state_->remotes[i], std::move(done));
  } else if (!state_->workers.empty()) {
    state_->workers[i % state_->workers.size()]->post(
        {.state = state_, .index = i, .done = std::move(done)});
  } else {
    done(read(i));
  }
}

bool ManifestSource::is_async() const noexcept {
  return !state_->remotes.empty();
}

NetworkStats ManifestSource::network() const {
  return state_->remote.stats();
}

}  // namespace quarry
