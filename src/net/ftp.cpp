#include "net/ftp.hpp"

#include <algorithm>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "net/sigv4.hpp"

namespace quarry::detail {
namespace {

// A link to a directory above would be listed for ever.
constexpr std::size_t deepest = 64;

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
    const bool directory = facts.find(";type=dir;") != facts.npos;
    if (!directory && facts.find(";type=file;") == facts.npos) continue;
    entries.push_back({std::string(name), directory});
  }
  return entries;
}

std::vector<std::string> list_ftp(Reactor& reactor, const Url& url) {
  std::vector<std::string> files;
  std::vector<std::pair<std::string, std::size_t>> to_list = {{"", 0}};
  while (!to_list.empty()) {
    const auto [folder, depth] = std::move(to_list.back());
    to_list.pop_back();
    Url here = url;
    here.text += aws_encode(folder, true);
    const Response answer =
        reactor
            .fetch(
                Request{.url = std::move(here), .list = true, .hedge = false})
            .value();
    for (FtpEntry& entry : parse_mlsd(answer.body.text())) {
      if (entry.name.starts_with('.')) continue;
      std::string path = folder + entry.name;
      if (!entry.directory) {
        files.push_back(std::move(path));
      } else if (depth < deepest) {
        to_list.emplace_back(path + '/', depth + 1);
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace quarry::detail
