#include "data/remote_list.hpp"

#include <algorithm>
#include <utility>

namespace quarry::detail {
namespace {

/// Where the path of a URI begins.
std::size_t path_of(std::string_view uri) {
  const std::size_t host = uri.find("://");
  if (host == uri.npos) return uri.size();
  return std::min(uri.find_first_of("/?#", host + 3), uri.size());
}

/// Whether a path is in normal form already, whoever looks at it.
bool is_plain(std::string_view path) {
  return path.starts_with('/') && path.find("/.") == path.npos &&
         std::all_of(path.begin(), path.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' ||
                  c == '_' || c == '~' || c == '+' || c == ',';
         });
}

}  // namespace

Result<std::size_t> RemoteList::add(std::string_view uri) {
  const std::string_view begin = uri.substr(0, path_of(uri));
  const std::string_view rest = uri.substr(begin.size());
  // Lists are long, and most of what they name lies beside what came before:
  // taking a URL apart costs a microsecond.
  if (!origin_.empty() && begin == last_written_ && is_plain(rest)) {
    paths_.add(rest);
    origin_.push_back(origin_.back());
    return paths_.size() - 1;
  }
  Result<Url> prepared = reader_.prepare(uri);
  if (!prepared.ok()) return std::move(prepared).error();
  Url url = std::move(prepared).value();
  const std::size_t path = path_of(url.text);
  paths_.add(std::string_view(url.text).substr(path));
  url.text.resize(path);
  origin_.push_back(origin_of(std::move(url)));
  last_written_ = begin;
  return paths_.size() - 1;
}

std::uint32_t RemoteList::origin_of(Url url) {
  std::string all;
  for (const std::string* part :
       {&url.text, &url.scheme, &url.host, &url.user, &url.password}) {
    all += *part;
    all += '\0';
  }
  const auto [found, is_new] = known_.try_emplace(
      std::move(all), static_cast<std::uint32_t>(origins_.size()));
  if (is_new) origins_.push_back(std::move(url));
  return found->second;
}

Url RemoteList::operator[](std::size_t number) const {
  Url url = origins_[origin_[number]];
  url.text += paths_[number];
  return url;
}

Result<Bytes> RemoteList::read(std::size_t number) const {
  return reader_.read((*this)[number]);
}

void RemoteList::read(std::size_t number, ReadDone done) const {
  reader_.read((*this)[number], std::move(done));
}

void RemoteList::clear() {
  paths_ = {};
  origin_.clear();
}

void RemoteList::shrink_to_fit() {
  paths_.shrink_to_fit();
  origin_.shrink_to_fit();
}

}  // namespace quarry::detail
