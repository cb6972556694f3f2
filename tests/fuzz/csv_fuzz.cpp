// A CSV file.

#include <optional>
#include <vector>

#include "quarry/core/detail/records.hpp"

#include "fuzz.hpp"

namespace {

using namespace quarry;

using Record = std::vector<std::string>;

/// The header and the records; nothing when the file is refused.
std::optional<std::vector<Record>> read(std::string_view text) {
  auto reader = fuzz::attempt(
      [&] { return detail::CsvReader(fuzz::as_file("table.csv", text)); });
  if (!reader) return std::nullopt;
  std::vector<Record> records = {reader->header()};
  std::size_t line = 0;
  while (true) {
    Record record;
    const auto more = fuzz::attempt([&] { return reader->next(record); });
    if (!more) {
      fuzz::check(!reader->next(record), "a record came after an error");
      return std::nullopt;
    }
    if (!*more) return records;
    fuzz::check(record.size() == records[0].size(),
                "a record is not as wide as the header");
    fuzz::check(reader->line_number() > line, "a record moved up");
    line = reader->line_number();
    records.push_back(std::move(record));
  }
}

/// As RFC 4180 has it, every field between quotes.
std::string written(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records) {
    for (const std::string& field : record) {
      text += '"';
      for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
      text += "\",";
    }
    text.replace(text.size() - 1, 1, "\r\n");
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto records = read(fuzz::text_of(data, size));
  if (records) {
    fuzz::check(read(written(*records)) == records,
                "what is written is read as something else");
  }
  return 0;
}
