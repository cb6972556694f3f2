#include "net/ftp_list.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

/// What a line says; a name that is no entry of a pool is empty.
using Line = std::optional<FtpEntry>;

/// Whether `text` is like `form`, in which 0 stands for any digit.
bool has_form(std::string_view text, std::string_view form) {
  return std::equal(text.begin(), text.end(), form.begin(), form.end(),
                    [](char c, char like) {
                      return like == '0' ? c >= '0' && c <= '9' : c == like;
                    });
}

bool is_month(std::string_view word) {
  constexpr std::array<std::string_view, 12> months = {
      "jan", "feb", "mar", "apr", "may", "jun",
      "jul", "aug", "sep", "oct", "nov", "dec"};
  return std::find(months.begin(), months.end(), lower_case(word)) !=
         months.end();
}

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

FtpEntry entry_of(std::string_view name, bool directory,
                  std::string_view size) {
  return {.name = std::string(name),
          .directory = directory,
          .size = directory ? std::string() : std::string(size)};
}

/// "-rw-r--r-- 1 owner group 12 Jan  1 12:00 name", the owners as they are:
/// what is before the date is the size.
Line unix_line(std::string_view line) {
  constexpr std::size_t mode_length = 10;
  std::string_view rest = line;
  const std::string_view mode = take_word(rest);
  if (mode.size() < mode_length ||
      std::string_view("-dlbcps").find(mode.front()) == mode.npos)
    return std::nullopt;
  std::string_view size;
  while (!rest.empty()) {
    const std::string_view word = take_word(rest);
    if (is_month(word) && is_digits(size)) {
      std::string_view name = rest;
      const std::string_view day = take_word(name);
      const std::string_view when = take_word(name);
      const bool is_date = (has_form(day, "0") || has_form(day, "00")) &&
                           (has_form(when, "00:00") || has_form(when, "0:00") ||
                            has_form(when, "0000"));
      if (is_date && name.size() > 1) {
        const bool is_entry = mode.front() == '-' || mode.front() == 'd';
        // One space: the name may begin with more.
        return entry_of(is_entry ? name.substr(1) : "", mode.front() == 'd',
                        size);
      }
    }
    size = word;
  }
  return std::nullopt;
}

/// "01-31-26  12:00PM  <DIR>  name", or the size.
Line dos_line(std::string_view line) {
  std::string_view rest = line;
  const std::string_view date = take_word(rest);
  std::string_view time = take_word(rest);
  if (time.ends_with("AM") || time.ends_with("PM")) time.remove_suffix(2);
  const std::string_view size = take_word(rest);
  const bool is_line =
      (has_form(date, "00-00-00") || has_form(date, "00-00-0000")) &&
      has_form(time, "00:00") && (size.starts_with('<') || is_digits(size));
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
  if (!is_line || rest.empty()) return std::nullopt;
  const bool is_entry = size == "<DIR>" || is_digits(size);
  return entry_of(is_entry ? rest : "", size == "<DIR>", size);
}

bool is_total(std::string_view line) {
  std::string_view rest = line;
  return take_word(rest) == "total" && is_digits(take_word(rest));
}

}  // namespace

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::vector<FtpEntry> parse_list(std::string_view text,
                                 const std::string& shown) {
  std::vector<FtpEntry> entries;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(' ') == line.npos || is_total(line)) continue;
    Line found = unix_line(line);
    if (!found) found = dos_line(line);
    if (!found) {
      raise("net.listing",
            shown + ": a line of the host's listing is in no form that is " +
                "known: " + detail::shown(cut(line, 100)),
            "serve the folder with a server that knows MLSD, or name its files "
            "in a list of URLs");
    }
    const std::string& name = found->name;
    if (name.empty() || name == "." || name == ".." ||
        name.find('/') != name.npos)
      continue;
    entries.push_back(*std::move(found));
  }
  return entries;
}

}  // namespace quarry::detail
