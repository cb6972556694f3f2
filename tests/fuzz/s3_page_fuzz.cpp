// A page of a bucket's listing.

#include "fuzz.hpp"
#include "net/s3.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

std::string escaped(const std::string& text) {
  std::string xml;
  for (const char c : text) {
    xml += "&#" + std::to_string(static_cast<unsigned char>(c)) + ';';
  }
  return xml;
}

bool is_ascii(const std::string& text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

/// Keys and sizes; the rest where XML can say it byte by byte.
std::string as_xml(const S3Page& page) {
  std::string xml = "<ListBucketResult><EncodingType>url</EncodingType>";
  for (const S3Object& object : page.objects) {
    xml += "<Contents><Key>" + aws_encode(object.key, true) + "</Key><ETag>" +
           escaped(object.etag) + "</ETag><Size>" +
           std::to_string(object.size) + "</Size></Contents>";
  }
  if (!page.next.empty()) {
    xml += "<IsTruncated>true</IsTruncated><NextContinuationToken>" +
           escaped(page.next) + "</NextContinuationToken>";
  }
  return xml + "</ListBucketResult>";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const Bytes input = Bytes::copy(fuzz::text_of(data, size));
  const auto page = fuzz::attempt([&] { return parse_s3_page(input); });
  if (!page) return 0;
  const S3Page again = parse_s3_page(Bytes::take(as_xml(*page))).value();
  fuzz::check(again.objects.size() == page->objects.size(),
              "another number of objects");
  for (std::size_t i = 0; i < page->objects.size(); ++i) {
    const S3Object& a = page->objects[i];
    const S3Object& b = again.objects[i];
    fuzz::check(a.key == b.key, "another key");
    fuzz::check(a.size == b.size, "another size");
    fuzz::check(!is_ascii(a.etag) || a.etag == b.etag, "another ETag");
  }
  fuzz::check(!is_ascii(page->next) || again.next == page->next,
              "another token");
  return 0;
}
