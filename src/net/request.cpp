#include "net/request.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>

#include <curl/curl.h>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {
namespace {

constexpr double longest_wait = 120.0;

std::string trimmed(std::string_view text) {
  const auto space = [](char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
  };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

void take_header(std::string_view line,
                 std::map<std::string, std::string>& headers) {
  if (line.starts_with("HTTP/")) {
    headers.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return;
  headers[lower_case(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
}

std::optional<double> retry_after(const Response& response) {
  const auto found = response.headers.find("retry-after");
  if (found == response.headers.end()) return std::nullopt;
  const std::string& text = found->second;
  unsigned seconds = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return std::min(longest_wait, static_cast<double>(seconds));
  }
  const std::time_t date = curl_getdate(text.c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return std::clamp(std::difftime(date, std::time(nullptr)), 0.0, longest_wait);
}

Verdict judge_http(const Response& response, const std::string& shown) {
  const long status = response.status;
  if (status == 200 || status == 206 || status == 304) return {};
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
                   "ask for less at once, or later"});
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
