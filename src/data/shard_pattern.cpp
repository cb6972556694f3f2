#include "data/shard_pattern.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fnmatch.h>
#include <glob.h>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/missing.hpp"
#include "data/plain_locale.hpp"
#include "data/uri.hpp"
#include "net/url.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_shards = 1'000'000;
constexpr std::string_view sidecar_ending = ".qidx";
constexpr std::string_view glob_characters = "*?[";

[[noreturn]] void raise_too_many() {
  raise("source.pattern", "the braces of the pattern name more than " +
                              std::to_string(most_shards) + " shards");
}

/// Braces that mean something: where they stand and what they stand for.
struct Brace {
  std::size_t open = 0;
  std::size_t close = 0;
  std::vector<std::string> parts;
};

std::optional<long long> number_of(std::string_view text) {
  long long number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  // Far from where a step could overflow.
  constexpr long long most = 1'000'000'000'000'000;
  if (error != std::errc() || stop != end || number > most || number < -most) {
    return std::nullopt;
  }
  return number;
}

std::string padded(long long number, std::size_t width) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  const std::string sign = number < 0 ? "-" : "";
  const std::size_t all = sign.size() + digits.size();
  return sign + std::string(width > all ? width - all : 0, '0') + digits;
}

bool begins_with_zero(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return number.size() > 1 && number.front() == '0';
}

bool is_letter(std::string_view text) {
  return text.size() == 1 && ((text[0] >= 'a' && text[0] <= 'z') ||
                              (text[0] >= 'A' && text[0] <= 'Z'));
}

/// What `000..010` stands for; nothing when it is no range.
std::vector<std::string> range_of(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == text.npos) return {};
  const std::string_view first = text.substr(0, dots);
  std::string_view last = text.substr(dots + 2);
  long long step = 1;
  if (const std::size_t more = last.find(".."); more != last.npos) {
    const auto given = number_of(last.substr(more + 2));
    if (!given) return {};
    step = std::max(1LL, *given < 0 ? -*given : *given);
    last = last.substr(0, more);
  }
  const bool letters = is_letter(first) && is_letter(last);
  const auto from =
      letters ? std::optional<long long>(first[0]) : number_of(first);
  const auto to = letters ? std::optional<long long>(last[0]) : number_of(last);
  if (!from || !to) return {};
  const long long way = *from <= *to ? step : -step;
  const auto count = static_cast<std::size_t>((*to - *from) / way) + 1;
  if (count > most_shards) raise_too_many();
  const std::size_t width = begins_with_zero(first) || begins_with_zero(last)
                                ? std::max(first.size(), last.size())
                                : 0;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < count; ++i) {
    const long long value = *from + static_cast<long long>(i) * way;
    parts.push_back(letters ? std::string(1, static_cast<char>(value))
                            : padded(value, width));
  }
  return parts;
}

/// What the brace that opens at `open` stands for; nothing when it is plain.
std::optional<Brace> brace_at(std::string_view text, std::size_t open) {
  Brace brace{.open = open, .close = 0, .parts = {}};
  std::size_t depth = 0;
  std::size_t begin = open + 1;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == ',' && depth == 1) {
      brace.parts.emplace_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (text[i] == '}' && --depth == 0) {
      brace.close = i;
      break;
    }
  }
  if (brace.close == 0) return std::nullopt;
  const std::string_view last = text.substr(begin, brace.close - begin);
  if (brace.parts.empty()) {
    brace.parts = range_of(last);
  } else {
    brace.parts.emplace_back(last);
  }
  if (brace.parts.empty()) return std::nullopt;
  return brace;
}

std::optional<Brace> first_brace(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '{') {
      if (auto brace = brace_at(text, i)) return brace;
    }
  }
  return std::nullopt;
}

bool has_glob(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (glob_characters.find(text[i]) != text.npos) {
      return true;
    }
  }
  return false;
}

std::string without_backslashes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

/// The part of a pattern up to its last slash before anything special.
std::string_view folder_of(std::string_view pattern, std::string_view special) {
  const std::string_view plain =
      pattern.substr(0, pattern.find_first_of(special));
  const std::size_t slash = plain.rfind('/');
  return plain.substr(0, slash == plain.npos ? 0 : slash + 1);
}

/// The folder that `glob` could not read.
thread_local std::string unreadable;

int on_glob_error(const char* path, int error) {
  if (error == ENOENT) return 0;
  unreadable = shown(path) + ": " + reason(error);
  return 1;
}

/// The files that match, ordered by their bytes.
std::vector<std::string> glob_files(const std::string& pattern) {
  const PlainLocale plain;
  glob_t found{};
  unreadable.clear();
  const int code = ::glob(pattern.c_str(), GLOB_NOSORT, &on_glob_error, &found);
  std::vector<std::string> files;
  for (std::size_t i = 0; code == 0 && i < found.gl_pathc; ++i) {
    std::string file = found.gl_pathv[i];
    std::error_code error;
    if (file.ends_with(sidecar_ending) || fs::is_directory(file, error)) {
      continue;
    }
    files.push_back(std::move(file));
  }
  ::globfree(&found);
  if (code == GLOB_ABORTED) {
    raise("source.unreadable", "a directory cannot be listed: " + unreadable);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string hint_for_no_match(const std::string& folder) {
  const fs::path path = folder.empty() ? fs::path(".") : fs::path(folder);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return "the folder " + shown(path) + " is there; nothing in it matches";
  }
  return hint_for_missing(path);
}

/// Expands the items of one pattern.
class Expansion {
 public:
  Expansion(std::string_view pattern, const ListBucket& list)
      : pattern_(pattern), list_(list), scheme_(scheme_of(pattern)) {}

  std::vector<ShardPlace> run() {
    if (!scheme_ && exists(pattern_)) {
      folder_ = folder_of(pattern_, "");
      add_path(pattern_);
      return std::move(places_);
    }
    if (!scheme_ || *scheme_ == "file") {
      expand_local();
    } else if (is_bucket_uri(pattern_)) {
      folder_ = folder_of(pattern_, "{*?[\\");
      for (const std::string& item : expand_braces(pattern_)) add_keys(item);
    } else if (*scheme_ == "http" || *scheme_ == "https") {
      expand_http();
    } else if (*scheme_ == "ftp" || *scheme_ == "ftps") {
      raise("source.scheme",
            shown_url(pattern_) + ": parts of a shard are not read over FTP",
            "download the shards and name them here");
    } else {
      raise("source.scheme", *scheme_ + ": shards cannot be read",
            hint_for_scheme(*scheme_));
    }
    return std::move(places_);
  }

 private:
  static bool exists(const std::string& path) {
    std::error_code error;
    return fs::exists(path, error);
  }

  void add(ShardPlace place) {
    if (!seen_.insert(place.place).second) return;
    if (places_.size() == most_shards) raise_too_many();
    places_.push_back(std::move(place));
  }

  void add_path(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      raise("source.format", shown(path) + " is a directory and no shard",
            "name the shards in it: " + shown(fs::path(path) / "*.tar"));
    }
    std::string_view name = path;
    name.remove_prefix(folder_.size());
    name.remove_prefix(std::min(name.find_first_not_of('/'), name.size()));
    add({.place = fs::absolute(path).native(),
         .name = std::string(name),
         .local = true});
  }

  void expand_local() {
    folder_ = folder_of(pattern_, "{*?[\\");
    if (scheme_) folder_ = path_of_uri(folder_).value();
    for (const std::string& item : expand_braces(pattern_)) {
      const std::string path =
          scheme_ ? path_of_uri(item).value().native() : item;
      if (exists(path)) {
        add_path(path);
      } else if (has_glob(path)) {
        const std::vector<std::string> files = glob_files(path);
        if (files.empty()) {
          raise("source.not_found", "nothing matches " + shown(path),
                hint_for_no_match(std::string(folder_of(path, "*?[\\"))));
        }
        for (const std::string& file : files) add_path(file);
      } else {
        const std::string plain = without_backslashes(path);
        static_cast<void>(status_of(plain));
        add_path(plain);
      }
    }
  }

  void expand_http() {
    const std::size_t host = pattern_.find("://") + 3;
    const std::size_t path =
        std::min(pattern_.find('/', host), pattern_.size());
    const std::size_t query =
        std::min(pattern_.find_first_of("?#", path), pattern_.size());
    if (pattern_.substr(path, query - path).find_first_of("*[") !=
        pattern_.npos) {
      raise("source.pattern",
            shown_url(pattern_) + ": over HTTP nothing can be listed",
            "name the shards with braces: shard-{000..010}.tar");
    }
    const bool query_varies = pattern_.find('{', query) != pattern_.npos;
    const std::string folder =
        shown_url(folder_of(std::string_view(pattern_).substr(0, query), "{"));
    for (const std::string& item : expand_braces(pattern_)) {
      static_cast<void>(parse_url(item).value());
      std::string name = shown_url(item);
      if (!query_varies)
        name.resize(std::min(name.find_first_of("?#"), name.size()));
      add({.place = item,
           .name = name.substr(std::min(folder.size(), name.size())),
           .local = false});
    }
  }

  void add_keys(const std::string& item) {
    const S3Uri uri = parse_s3(item).value();
    const std::string bucket = *scheme_ + "://" + uri.bucket + '/';
    const auto add_key = [&](const std::string& key, std::string etag) {
      const std::string place = bucket + key;
      add({.place = place,
           .name = place.substr(std::min(folder_.size(), place.size())),
           .local = false,
           .etag = std::move(etag)});
    };
    if (!has_glob(uri.key)) return add_key(without_backslashes(uri.key), "");
    const std::string prefix =
        bucket + uri.key.substr(0, uri.key.find_first_of("*?[\\"));
    const std::vector<S3Object> objects = list_(prefix);
    const PlainLocale plain;
    bool any = false;
    for (const S3Object& object : objects) {
      if (object.key.ends_with('/') || object.key.ends_with(sidecar_ending) ||
          ::fnmatch(uri.key.c_str(), object.key.c_str(),
                    FNM_PATHNAME | FNM_PERIOD) != 0) {
        continue;
      }
      any = true;
      add_key(object.key, object.etag);
    }
    if (!any) {
      raise("source.not_found", "nothing matches " + item,
            std::to_string(objects.size()) + " keys begin with " + prefix);
    }
  }

  std::string pattern_;
  const ListBucket& list_;
  std::optional<std::string> scheme_;
  std::string folder_;  ///< what names leave out, as written in a place
  std::vector<ShardPlace> places_;
  std::set<std::string> seen_;
};

void expand_into(const std::string& before, std::string_view rest,
                 std::vector<std::string>& out) {
  const std::optional<Brace> brace = first_brace(rest);
  if (!brace) {
    if (out.size() == most_shards) raise_too_many();
    out.push_back(before + std::string(rest));
    return;
  }
  for (const std::string& part : brace->parts) {
    for (const std::string& inner : expand_braces(part)) {
      expand_into(before + std::string(rest.substr(0, brace->open)) + inner,
                  rest.substr(brace->close + 1), out);
    }
  }
}

}  // namespace

std::vector<std::string> expand_braces(std::string_view text) {
  std::vector<std::string> out;
  expand_into("", text, out);
  return out;
}

std::vector<ShardPlace> expand_shards(std::string_view pattern,
                                      const ListBucket& list) {
  if (pattern.empty() || pattern.find('\0') != pattern.npos) {
    raise("source.not_found", "no shards are named",
          "tar:shards/*.tar names all of a folder");
  }
  return Expansion(pattern, list).run();
}

ShardPlace local_shard(const std::string& path) {
  return {.place = fs::absolute(path).native(),
          .name = fs::path(path).filename().native(),
          .local = true};
}

std::string sidecar_of(const ShardPlace& shard) {
  const std::size_t end =
      shard.local || is_bucket_uri(shard.place)
          ? shard.place.size()
          : std::min(shard.place.find_first_of("?#"), shard.place.size());
  std::string sidecar = shard.place;
  return sidecar.insert(end, sidecar_ending);
}

std::string shown_place(const ShardPlace& shard) {
  if (shard.local) return shown(shard.place);
  if (!is_bucket_uri(shard.place)) return shown_url(shard.place);
  return is_printable(shard.place) ? shard.place : percent_encode(shard.place);
}

}  // namespace quarry::detail
