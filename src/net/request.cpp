#include "net/request.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <curl/curl.h>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {
namespace {

constexpr double most_retry_after = 120.0;

/// What Content-Range says: "bytes 0-99/1234", "bytes */1234".
struct Part {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
  std::uint64_t whole = 0;
};

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_text(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

std::optional<Part> part_of(const Response& response) {
  const auto found = response.headers.find("content-range");
  if (!found) return std::nullopt;
  std::string_view text = *found;
  Part part;
  if (!take_text(text, "bytes ")) return std::nullopt;
  if (!take_text(text, "*")) {
    std::uint64_t last = 0;
    if (!take_number(text, part.offset) || !take_text(text, "-") ||
        !take_number(text, last) || last < part.offset) {
      return std::nullopt;
    }
    part.count = last - part.offset + 1;
  }
  if (!take_text(text, "/") || !take_number(text, part.whole) ||
      !text.empty() || part.count > part.whole ||
      part.offset > part.whole - part.count) {
    return std::nullopt;
  }
  return part;
}

/// Whether a part of an object without bytes was asked for: there is no such
/// part, which some hosts say, and others send the nothing that there is.
bool is_empty(const Response& response) {
  if (part_of(response)) return false;
  return response.status == 416 ||
         (response.status == 200 && response.body.empty());
}

/// Whether the object ends before the part begins: nothing is the answer.
bool is_past_end(const Response& response, const ByteRange& range) {
  if (range.offset == 0 && is_empty(response)) return true;
  const auto part = part_of(response);
  return response.status == 416 && part && range.offset >= part->whole;
}

bool is_that_part(const Response& response, const ByteRange& range) {
  const auto part = part_of(response);
  if (!part || part->offset != range.offset) return false;
  // The object may end before the part does.
  const std::uint64_t left = part->whole - part->offset;
  return part->count == std::min(range.count, left) &&
         part->count == response.body.size();
}

}  // namespace

Failure no_parts(const std::string& shown) {
  return {"net.range",
          shown +
              ": the host does not send the part of the object that it is "
              "asked for",
          "download the object, or take a host that knows ranges"};
}

std::optional<double> retry_after(const Response& response) {
  const auto found = response.headers.find("retry-after");
  if (!found) return std::nullopt;
  const std::string text(*found);
  unsigned seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return std::min(most_retry_after, static_cast<double>(seconds));
  }
  const std::time_t date = curl_getdate(text.c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return std::clamp(std::difftime(date, std::time(nullptr)), 0.0,
                    most_retry_after);
}

std::string ByteRange::text() const {
  return "bytes=" + std::to_string(offset) + '-' +
         std::to_string(offset + count - 1);
}

bool is_ftp(const Request& request) {
  return request.url.scheme.starts_with("ftp");
}

bool worth_hedging(const Request& request) {
  return request.hedge && !is_ftp(request) &&
         (!request.range || request.range->count <= most_to_hedge);
}

bool leads_nowhere(long status) {
  return status >= 500 && status != 503;
}

std::vector<std::string> headers_of(const Request& request) {
  std::vector<std::string> headers;
  if (request.range) headers.push_back("Range: " + request.range->text());
  // A weak one matches nothing (RFC 9110, section 13.1.1).
  if (!request.etag.empty() && !request.etag.starts_with("W/")) {
    headers.push_back("If-Match: " + request.etag);
  }
  return headers;
}

std::optional<std::uint64_t> whole_size(const Response& response) {
  if (is_empty(response)) return 0;
  const auto part = part_of(response);
  return part ? std::optional(part->whole) : std::nullopt;
}

Verdict judge(const Request& request, const Response& response) {
  using What = Verdict::What;
  const auto shown = [&] {
    return shown_url(request.url.text);
  };
  const long status = response.status;
  Verdict verdict;
  if (status == 304 && !request.conditions.empty()) return {};
  if (request.range && is_past_end(response, *request.range)) return {};
  const bool is_part = status == 206 && request.range;
  if (!is_part) {
    if (request.judge) {
      verdict = request.judge(response);
    } else if (status != 200) {
      verdict = judge_http(response, shown());
    }
  }
  const auto is_changed = [&] {
    if (verdict.what != What::take) return status == 412;
    const auto etag = response.headers.find("etag");
    return etag && *etag != request.etag;
  };
  if (!request.etag.empty() && is_changed()) {
    return {What::fail, Failure{"net.changed",
                                shown() + ": the object has changed since it "
                                          "was first asked for",
                                "run again"}};
  }
  if (verdict.what != What::take || !request.range) return verdict;
  if (is_part && is_that_part(response, *request.range)) return {};
  return {What::fail, no_parts(shown())};
}

Verdict judge_http(const Response& response, const std::string& shown) {
  const long status = response.status;
  if (status == 200) return {};
  const std::string says =
      shown + ": the host answers " + std::to_string(status);
  const auto fail = [&](Verdict::What what, Failure failure) {
    return Verdict{what, std::move(failure), status == 429 || status == 503};
  };
  switch (status) {
    case 401:
    case 407:
      return fail(Verdict::What::fail,
                  {"net.forbidden", says + " (credentials wanted)",
                   "give user and password in the URL, or in ~/.netrc with "
                   "netrc on"});
    case 403:
      return fail(Verdict::What::fail,
                  {"net.forbidden", says + " (forbidden)", ""});
    case 404:
    case 410:
      return fail(Verdict::What::fail,
                  {"net.not_found", says + " (there is no such object)", ""});
    case 429:
    case 503:
      return fail(Verdict::What::retry,
                  {"net.throttled", says + " (too many requests)",
                   "ask for less at once (max_per_host, --connections), or "
                   "later"});
    case 408:
    case 500:
    case 502:
    case 504:
      return fail(Verdict::What::retry,
                  {"net.server", says + " (its own fault)", ""});
    default:
      if (status >= 300 && status < 400) {
        return fail(Verdict::What::fail, {"net.redirect",
                                          says + " (a redirect that is not "
                                                 "followed)",
                                          ""});
      }
      return fail(Verdict::What::fail, {"net.status", says, ""});
  }
}

}  // namespace quarry::detail
