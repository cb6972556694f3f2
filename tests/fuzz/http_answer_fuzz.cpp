// An answer of HTTP: its head, what its status means, and what S3 says in its
// body. The input is the head, an empty line, and the body.

#include <algorithm>
#include <charconv>

#include "quarry/core/detail/text.hpp"

#include "fuzz.hpp"
#include "net/s3.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

Response response_of(std::string_view text) {
  Response response;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (line == "\n" || line == "\r\n") break;
    if (line.starts_with("HTTP/1.1 ")) {
      std::from_chars(line.data() + 9, line.data() + line.size(),
                      response.status);
    }
    response.headers.take(line);
  }
  response.body = Bytes::copy(text);
  return response;
}

void check_verdict(const Verdict& verdict) {
  const bool taken = verdict.what == Verdict::What::take;
  fuzz::check(taken != verdict.failure.has_value(),
              "a verdict has a failure and does not fail");
  if (!taken) fuzz::check_refusal(*verdict.failure);
}

/// What is taken for the bytes [2, 5) of an object.
void check_part(const Response& response) {
  const Request request{.url = parse_url("http://h/a").value(),
                        .range = ByteRange{2, 3}};
  const Verdict verdict = judge(request, response);
  check_verdict(verdict);
  if (verdict.what != Verdict::What::take) return;
  const auto whole = whole_size(response);
  fuzz::check(whole.has_value(), "a part of what nobody knows the size of");
  const std::size_t left = *whole > 2 ? *whole - 2 : 0;
  fuzz::check(response.status == 416
                  ? left == 0
                  : response.status == 206 &&
                        response.body.size() == std::min<std::size_t>(3, left),
              "another part was taken");
}

/// What an answer may change of the requests that follow: nothing about whom
/// they go to, and no header of its own.
void check_signed(const Signed& made, std::string_view host) {
  const Url url = parse_url(made.url).value();
  fuzz::check(
      url.host.starts_with("https://bucket.s3.") || url.host.starts_with(host),
      "an answer sends requests to another host");
  fuzz::check(host != "https://bucket.s3." ||
                  url.host.ends_with(".amazonaws.com") ||
                  url.host.ends_with(".amazonaws.com.cn"),
              "an answer sends requests to another host");
  for (const std::string& header : made.headers)
    fuzz::check(is_printable(header), "an answer wrote a header");
}

void judge_s3(const Response& response, const std::string& endpoint,
              std::optional<ByteRange> range) {
  AwsSettings settings{.endpoint = endpoint,
                       .credentials = AwsCredentials{"id", "secret"}};
  const S3Client client(nullptr, std::move(settings));
  const Request request = client.get({"bucket", "key"}, "\"e\"", range, 9);
  const std::string host = endpoint.empty() ? "https://bucket.s3." : endpoint;
  check_signed(request.sign(), host);
  check_verdict(request.judge(response));
  check_signed(request.sign(), host);
  check_verdict(request.judge(response));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const Response response = response_of(fuzz::text_of(data, size));
  for (const char* name : {"etag", "date", "content-range", ""}) {
    fuzz::check(response.headers.text(name).find('\n') == std::string::npos,
                "a header has two lines");
  }
  if (const auto seconds = retry_after(response))
    fuzz::check(*seconds >= 0.0 && *seconds <= 120.0, "too long a wait");
  check_verdict(judge_http(response, "input"));
  check_part(response);
  judge_s3(response, "", std::nullopt);
  judge_s3(response, "http://127.0.0.1:9000", ByteRange{2, 3});
  return 0;
}
