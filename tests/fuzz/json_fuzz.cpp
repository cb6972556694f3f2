// A JSON document.

#include "quarry/core/json.hpp"

#include "fuzz.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto document = fuzz::attempt(
      [&] { return parse_json(fuzz::text_of(data, size), "input"); });
  if (!document) return 0;
  const std::string line = to_line(*document);
  fuzz::check(line.find('\n') == line.npos, "a line of JSON has a line end");
  const Json again = parse_json(line, "what was written");
  fuzz::check(again == *document, "what is written is read as something else");
  fuzz::check(to_line(again) == line, "written twice, it differs");
  return 0;
}
