#include "net/ftp.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "net/ftp_list.hpp"
#include "net/sigv4.hpp"

namespace quarry::detail {
namespace {

// A link to a directory above would be listed for ever.
constexpr std::size_t deepest = 64;
// Some servers tell the time to even seconds.
constexpr std::int64_t unsettled = 3;
/// "20260101120000"
constexpr std::size_t time_length = 14;

/// The value of a fact in ";type=file;size=12;"; empty without it.
std::string fact(const std::string& facts, std::string_view name) {
  const std::size_t at = facts.find(';' + std::string(name) + '=');
  if (at == facts.npos) return {};
  const std::size_t from = at + name.size() + 2;
  return facts.substr(from, facts.find(';', from) - from);
}

std::string time_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 32> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%Y%m%d%H%M%S", &utc)};
}

/// Lists directories of one host, as well as it can.
class Lister {
 public:
  explicit Lister(CachingReactor& reactor) : reactor_(reactor) {}

  std::vector<FtpEntry> list(const Url& folder) {
    if (mlsd_) {
      const Result<Response> answer = ask(folder, "MLSD");
      if (answer.ok()) return parse_mlsd(answer->body.text());
      // Offline nobody can say what the host knows: what is kept tells.
      const ErrorId why = answer.error().id;
      if (why != "net.listing" && why != "net.offline") raise(answer.error());
      mlsd_ = false;
    }
    const Response answer = ask(folder, "LIST").value();
    return parse_list(answer.body.text(), shown_url(folder.text));
  }

 private:
  Result<Response> ask(const Url& folder, const char* command) {
    return reactor_.fetch(
        Request{.url = folder, .list = command, .hedge = false});
  }

  CachingReactor& reactor_;
  bool mlsd_ = true;
};

}  // namespace

std::vector<FtpEntry> parse_mlsd(std::string_view text) {
  std::vector<FtpEntry> entries;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    // "type=file;size=12; name": the facts, a space, the name as it is.
    const std::size_t space = line.find(' ');
    if (space == line.npos || space + 1 == line.size()) continue;
    const std::string facts = ';' + lower_case(line.substr(0, space));
    const std::string_view name = line.substr(space + 1);
    if (name.find('/') != name.npos || name == "." || name == "..") continue;
    const std::string type = fact(facts, "type");
    if (type != "dir" && type != "file") continue;
    entries.push_back({.name = std::string(name),
                       .directory = type == "dir",
                       .size = fact(facts, "size"),
                       .modified = fact(facts, "modify")});
  }
  return entries;
}

std::string ftp_version(const FtpEntry& entry, std::int64_t now) {
  const std::string_view second =
      std::string_view(entry.modified).substr(0, time_length);
  if (!is_digits(entry.size) || !is_digits(second) ||
      second.size() != time_length || second > time_text(now - unsettled)) {
    return {};
  }
  return entry.modified + ' ' + entry.size;
}

Url ftp_url(const Url& folder, std::string_view path) {
  Url url = folder;
  url.text += aws_encode(path, true);
  return url;
}

std::vector<FtpFile> list_ftp(CachingReactor& reactor, const Url& url) {
  std::vector<FtpFile> files;
  Lister lister(reactor);
  std::vector<std::pair<std::string, std::size_t>> to_list = {{"", 0}};
  while (!to_list.empty()) {
    const auto [folder, depth] = std::move(to_list.back());
    to_list.pop_back();
    const std::int64_t now = std::time(nullptr);
    for (FtpEntry& entry : lister.list(ftp_url(url, folder))) {
      if (entry.name.starts_with('.')) continue;
      std::string path = folder + entry.name;
      if (!entry.directory) {
        files.push_back({std::move(path), ftp_version(entry, now)});
      } else if (depth < deepest) {
        to_list.emplace_back(path + '/', depth + 1);
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace quarry::detail
