#include "quarry/core/detail/records.hpp"

#include <string>
#include <unistd.h>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

using quarry::RandomStream;
using quarry::detail::CsvReader;
using quarry::detail::LineReader;
using quarry::test::error_id;
using quarry::test::error_message;
using quarry::test::TempDir;

namespace {

using namespace std::string_literals;
using Record = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  const TempDir dir;
  LineReader reader(dir.write("x.txt", text));
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) {
    lines.push_back(line);
    CHECK(reader.line_number() == lines.size());
  }
  return lines;
}

std::vector<Record> records_of(const std::string& text) {
  const TempDir dir;
  CsvReader reader(dir.write("x.csv", text));
  std::vector<Record> records{reader.header()};
  for (Record record; reader.next(record);) records.push_back(record);
  return records;
}

// "id file:line: what" of the error that reading `text` as CSV raises.
std::string csv_error(const std::string& text) {
  try {
    records_of(text);
  } catch (const quarry::Error& error) {
    const std::string& message = error.message();
    return std::string(error.id()) + " " +
           message.substr(message.find("x.csv"));
  }
  return "";
}

long peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace

TEST_CASE("a line ends with LF, CRLF or the file") {
  using Lines = std::vector<std::string>;
  CHECK(lines_of("").empty());
  CHECK(lines_of("a") == Lines{"a"});
  CHECK(lines_of("a\n") == Lines{"a"});
  CHECK(lines_of("a\nb") == Lines{"a", "b"});
  CHECK(lines_of("a\r\nb\r\n") == Lines{"a", "b"});
  CHECK(lines_of("\n\na\n\n") == Lines{"", "", "a", ""});
  CHECK(lines_of("\r\n") == Lines{""});
  // A CR that ends no line belongs to it.
  CHECK(lines_of("a\rb\r\r\n") == Lines{"a\rb\r"});
}

TEST_CASE("a byte order mark is no part of the first line") {
  CHECK(lines_of("\xEF\xBB\xBFpath\nb").front() == "path");
  CHECK(lines_of("\xEF\xBB\xBF").empty());
  CHECK(lines_of("a\n\xEF\xBB\xBF").back() == "\xEF\xBB\xBF");
  CHECK(records_of("\xEF\xBB\xBF\"id\"\n1\n").front() == Record{"id"});
}

TEST_CASE("lines of any bytes but NUL pass") {
  std::string all;
  for (int c = 1; c < 256; ++c)
    if (c != '\n') all += static_cast<char>(c);
  CHECK(lines_of(all + "\n").front() == all);
  CHECK(error_id([] { lines_of("a\nb\0c\n"s); }) == "records.invalid");
  CHECK(error_message([] { lines_of("a\nb\0c\n"s); }).find("x.txt:2:") !=
        std::string::npos);
  CHECK(error_id([] {
          lines_of(
              "\xFF\xFE"
              "a\0"s);
        }) == "records.invalid");
  CHECK(error_id([] {
          lines_of(
              "\xFE\xFF"
              "\0a"s);
        }) == "records.invalid");
}

TEST_CASE("lines are the same wherever the buffer ends") {
  // The buffer holds 65536 bytes; put line ends on all sides of that.
  for (std::size_t length = 65530; length < 65542; ++length) {
    const std::string first(length, 'a');
    for (const char* end : {"\n", "\r\n"}) {
      const auto lines = lines_of(first + end + "b" + end);
      REQUIRE(lines.size() == 2);
      REQUIRE(lines[0] == first);
      REQUIRE(lines[1] == "b");
      const auto records =
          records_of("x,y\n\"" + first + "\"\"" + end + "\",c" + end);
      REQUIRE(records.size() == 2);
      REQUIRE(records[1] == Record{first + "\"" + end, "c"});
    }
  }
}

TEST_CASE("a reader says where it is") {
  const TempDir dir;
  LineReader lines(dir.write("x.txt", "a\nb\n"));
  CHECK(lines.line_number() == 0);
  std::string line;
  lines.next(line);
  lines.next(line);
  CHECK(lines.where() == (dir / "x.txt").string() + ":2");
  CHECK_FALSE(lines.next(line));
  CHECK_FALSE(lines.next(line));

  CsvReader csv(dir.write("x.csv", "\n\nid,b\r\n1,\"x\ny\"\r\n\r\n2,z\r\n"));
  CHECK(csv.line_number() == 3);
  Record record;
  csv.next(record);
  CHECK(csv.line_number() == 4);
  csv.next(record);
  CHECK(csv.line_number() == 7);
  CHECK(csv.where() == (dir / "x.csv").string() + ":7");
  CHECK_FALSE(csv.next(record));
}

TEST_CASE("fields are separated, quoted and unquoted as RFC 4180 says") {
  using Records = std::vector<Record>;
  CHECK(records_of("a,b,c\n1,2,3\n") ==
        Records{{"a", "b", "c"}, {"1", "2", "3"}});
  CHECK(records_of("a,b\r\n1,2\r\n") == Records{{"a", "b"}, {"1", "2"}});
  CHECK(records_of("a,b\n,\n").back() == Record{"", ""});
  CHECK(records_of("a,b\n1,").back() == Record{"1", ""});
  CHECK(records_of("a,b\n 1 , 2").back() == Record{" 1 ", " 2"});
  CHECK(records_of("a,b\n\"x,y\",\"\"\"q\"\"\"\n").back() ==
        Record{"x,y", "\"q\""});
  CHECK(records_of("a,b\n\"one\ntwo\r\nthree\",\"\"").back() ==
        Record{"one\ntwo\r\nthree", ""});
  CHECK(records_of("a\n\n\r\n1\n\n") == Records{{"a"}, {"1"}});
  CHECK(records_of("a,b\nx\ry,\r\r\n").back() == Record{"x\ry", "\r"});
  CHECK(records_of("\"a\"\n\"\"\n") == Records{{"a"}, {""}});
}

TEST_CASE("a column is found by its name") {
  const TempDir dir;
  const CsvReader reader(dir.write("x.csv", "id,\"la,bel\",Id\n"));
  CHECK(reader.column("id") == 0U);
  CHECK(reader.column("la,bel") == 1U);
  CHECK(reader.column("Id") == 2U);
  CHECK_FALSE(reader.column("label").has_value());
}

TEST_CASE("any table written by the rules is read back") {
  RandomStream random(41);
  const std::string alphabet = "ab ,\"\n\r\xC3";
  for (int round = 0; round < 300; ++round) {
    const std::size_t width = 1 + static_cast<std::size_t>(random.below(4));
    std::vector<Record> table(1);
    std::string text;
    for (std::size_t c = 0; c < width; ++c)
      table[0].push_back("c" + std::to_string(c));
    for (std::uint64_t r = random.below(6); r > 0; --r) {
      Record& record = table.emplace_back();
      for (std::size_t c = 0; c < width; ++c) {
        std::string& field = record.emplace_back();
        for (std::uint64_t n = random.below(5); n > 0; --n)
          field +=
              alphabet[static_cast<std::size_t>(random.below(alphabet.size()))];
      }
    }
    for (const Record& record : table) {
      for (std::size_t c = 0; c < width; ++c) {
        if (c > 0) text += ',';
        std::string doubled;
        for (const char ch : record[c])
          doubled += ch == '"' ? "\"\"" : std::string(1, ch);
        const bool plain =
            record[c].find_first_of(",\"\n\r") == std::string::npos;
        // A lone empty field would be a blank line.
        const bool quote = !plain || record[c].empty() || random.below(2) == 0;
        text += quote ? "\"" + doubled + "\"" : doubled;
      }
      text += random.below(2) == 0 ? "\r\n" : "\n";
    }
    INFO(text);
    REQUIRE(records_of(text) == table);
  }
}

TEST_CASE("a table that is none is an error that names the line") {
  const auto starts = [](const std::string& text, const char* start) {
    const std::string error = csv_error(text);
    INFO(error);
    return error.rfind(start, 0) == 0;
  };
  CHECK(starts("", "records.invalid x.csv:1: no header"));
  CHECK(starts("\n\r\n", "records.invalid x.csv:1: no header"));
  CHECK(starts("a,b,a\n", "records.invalid x.csv:1: two columns"));
  CHECK(starts("a,b\n1,2\n1\n", "records.invalid x.csv:3: 1 fields"));
  CHECK(starts("a,b\n1,2,3\n", "records.invalid x.csv:2: more than 2"));
  CHECK(starts("a\nx\"y\n", "records.invalid x.csv:2: a quote inside"));
  CHECK(starts("a\n\"x\"y\n", "records.invalid x.csv:2: text after"));
  CHECK(starts("a\n\"x\" \n", "records.invalid x.csv:2: text after"));
  CHECK(starts("a\n\"x\"\ry\n", "records.invalid x.csv:2: text after"));
  CHECK(starts("a\nx\0y\n"s, "records.invalid x.csv:2: a NUL"));
}

TEST_CASE("a quote that is never closed is told by the line of its opening") {
  CHECK(csv_error("a,b\n1,2\n3,\"x\ny\nz\n")
            .rfind("records.invalid x.csv:3:", 0) == 0);
  // In a record of several lines it is the quote's line that counts.
  CHECK(
      csv_error("a,b\n\"x\ny\",\"z\n\n").rfind("records.invalid x.csv:3:", 0) ==
      0);
  CHECK(csv_error("\"a\n").rfind("records.invalid x.csv:1:", 0) == 0);
  // The last quote closes nothing when it is the first half of a pair.
  CHECK(csv_error("a\n\"x\"\"").rfind("records.invalid x.csv:2:", 0) == 0);
}

TEST_CASE("a record may have so many bytes and no more") {
  const TempDir dir;
  const auto file = dir.write("x.txt", "id\n" + std::string(99, 'a') + "\nb\n");
  std::string line;
  LineReader enough(file, {.max_bytes = 100});
  CHECK(enough.next(line));
  CHECK(enough.next(line));
  CHECK(line.size() == 99);
  CHECK(enough.next(line));
  LineReader lines(file, {.max_bytes = 99});
  REQUIRE(lines.next(line));
  CHECK(error_id([&] { lines.next(line); }) == "records.too_long");
  CHECK_FALSE(lines.next(line));
  // No half line after the error, though the file goes on beyond the buffer.
  LineReader large(dir.write("y.txt", std::string(200000, 'a') + "\nb\n"),
                   {.max_bytes = 99});
  CHECK(error_id([&] { large.next(line); }) == "records.too_long");
  CHECK_FALSE(large.next(line));

  Record record;
  CsvReader wide(file, {.max_bytes = 100});
  CHECK(wide.next(record));
  CHECK(wide.next(record));
  CsvReader csv(file, {.max_bytes = 99});
  CHECK(error_id([&] { csv.next(record); }) == "records.too_long");
  CHECK_FALSE(csv.next(record));
}

TEST_CASE("a line of a gigabyte is an error and not a gigabyte of memory") {
  const TempDir dir;
  const auto file = dir.write("x.csv", "id\n\"");
  REQUIRE(::truncate(file.c_str(), off_t{1} << 30) == 0);
  const long before = peak_megabytes();
  std::string line;
  LineReader lines(file);
  REQUIRE(lines.next(line));
  CHECK(error_id([&] { lines.next(line); }) == "records.too_long");
  CsvReader csv(file);
  Record record;
  CHECK(error_id([&] { csv.next(record); }) == "records.too_long");
  CHECK(error_message([&] {
          CsvReader again(file);
          again.next(record);
        }).find("x.csv:2:") != std::string::npos);
  CHECK(peak_megabytes() - before < 200);
}

TEST_CASE("a record of commas alone does not eat memory") {
  const TempDir dir;
  const long before = peak_megabytes();
  const std::string commas(8'000'000, ',');
  CHECK(error_id([&] { CsvReader(dir.write("x.csv", commas)); }) ==
        "records.invalid");
  CsvReader reader(dir.write("y.csv", "a,b\n" + commas));
  Record record;
  CHECK(error_id([&] { reader.next(record); }) == "records.invalid");
  CHECK(peak_megabytes() - before < 150);
}

TEST_CASE("what is no readable file is refused without waiting") {
  const TempDir dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(error_id([&] { LineReader(dir / "fifo"); }) == "file.not_regular");
  CHECK(error_id([&] { CsvReader(dir / "fifo"); }) == "file.not_regular");
  CHECK(error_id([&] { LineReader(dir.path()); }) == "file.not_regular");
  CHECK(error_id([&] { LineReader(dir / "none"); }) == "file.not_found");
}

TEST_CASE("garbage returns or raises records.invalid") {
  const TempDir dir;
  RandomStream random(43);
  const std::string bytes = "a,\"\n\r\xEF\xBB\xBF\xFF\xFE\0 "s;
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::uint64_t n = random.below(40); n > 0; --n)
      text += bytes[static_cast<std::size_t>(random.below(bytes.size()))];
    const auto file = dir.write("x.csv", text);
    const std::string csv = error_id([&] {
      CsvReader reader(file);
      for (Record record; reader.next(record);)
        REQUIRE(record.size() == reader.header().size());
    });
    if (!csv.empty()) REQUIRE(csv == "records.invalid");
    const std::string plain = error_id([&] {
      LineReader reader(file);
      for (std::string line; reader.next(line);)
        REQUIRE(line.find('\n') == line.npos);
    });
    if (!plain.empty()) REQUIRE(plain == "records.invalid");
  }
}
