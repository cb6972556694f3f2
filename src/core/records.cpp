#include "quarry/core/detail/records.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "quarry/core/detail/text.hpp"

#include "core/posix_file.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 16;
constexpr std::size_t max_columns = 4096;

}  // namespace

/// The characters of a text file through a small buffer, with the number of the
/// line they are in and a limit on the record they belong to.
class TextFile {
 public:
  static constexpr int end_of_file = -1;

  TextFile(const std::filesystem::path& file, RecordOptions options)
      : path_(file),
        options_(std::move(options)),
        input_(open_input(file).value()),
        buffer_(buffer_bytes) {
    fill();
    const std::string_view start = rest();
    if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
      raise("records.invalid", name() + " is UTF-16 text", "save it as UTF-8");
    }
    if (start.starts_with("\xEF\xBB\xBF")) position_ += 3;
  }

  /// The next character without taking it.
  int peek() {
    if (position_ == end_ && !fill()) return end_of_file;
    return static_cast<unsigned char>(buffer_[position_]);
  }

  /// The next character, counted into the record.
  int take() {
    const int c = peek();
    if (c == end_of_file) return c;
    ++position_;
    count(1);
    if (c == '\n') ++line_;
    return c;
  }

  bool take_line(std::string& line) {
    line.clear();
    if (peek() == end_of_file) return false;
    begin_record();
    bool complete = false;
    while (!complete && peek() != end_of_file) {
      const std::string_view text = rest();
      const std::size_t length = std::min(text.find('\n'), text.size());
      complete = length < text.size();
      line.append(text.substr(0, length));
      const std::size_t taken = length + (complete ? 1 : 0);
      position_ += taken;
      count(taken);
    }
    if (complete && line.ends_with('\r')) line.pop_back();
    refuse_nul(line);
    ++line_;
    return true;
  }

  void begin_record() {
    record_line_ = line_;
    record_bytes_ = 0;
  }
  /// The line in which the record began.
  std::size_t record_line() const noexcept { return record_line_; }
  /// The line of the next character.
  std::size_t line() const noexcept { return line_; }

  std::string name() const {
    return options_.name.empty() ? shown(path_) : options_.name;
  }

  std::string where(std::size_t line) const {
    return name() + ":" + std::to_string(line);
  }

  void refuse_nul(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
      invalid(record_line_, "a NUL byte; this is no text file");
  }

  [[noreturn]] void invalid(std::size_t line, const std::string& what) {
    finish();
    raise("records.invalid", where(line) + ": " + what);
  }

 private:
  std::string_view rest() const {
    return {buffer_.data() + position_, end_ - position_};
  }

  bool fill() {
    position_ = 0;
    end_ = 0;
    if (finished_) return false;
    end_ = read_fully(input_.descriptor,
                      std::as_writable_bytes(std::span(buffer_)), path_)
               .value();
    return end_ > 0;
  }

  void count(std::size_t bytes) {
    record_bytes_ += bytes;
    if (record_bytes_ <= options_.max_bytes) return;
    finish();
    raise("records.too_long",
          where(record_line_) + ": the record that begins here has more than " +
              std::to_string(options_.max_bytes) + " bytes",
          "check that the file is text and that every quote is closed");
  }

  // After an error there are no more records, rather than half of one.
  void finish() {
    finished_ = true;
    position_ = end_;
  }

  std::filesystem::path path_;
  RecordOptions options_;
  InputFile input_;
  std::vector<char> buffer_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  std::size_t line_ = 1;
  std::size_t record_line_ = 0;
  std::size_t record_bytes_ = 0;
  bool finished_ = false;
};

namespace {

bool ends_field(int c) {
  return c == ',' || c == '\n' || c == TextFile::end_of_file;
}

// Takes the CR of a CRLF that follows a field.
void skip_carriage_return(TextFile& in, int& c) {
  if (c == '\r' && in.peek() == '\n') c = in.take();
}

// Reads the rest of a field whose first character is `c`; what ended it.
int take_plain(TextFile& in, int c, std::string& field) {
  for (;; c = in.take()) {
    skip_carriage_return(in, c);
    if (ends_field(c)) return c;
    if (c == '"')
      in.invalid(in.line(), "a quote inside a field that is not quoted");
    field += static_cast<char>(c);
  }
}

// The same after an opening quote.
int take_quoted(TextFile& in, std::string& field) {
  const std::size_t opened = in.line();
  while (true) {
    int c = in.take();
    if (c == TextFile::end_of_file)
      in.invalid(opened, "the quote that opens here is never closed");
    if (c != '"' || in.peek() == '"') {
      field += static_cast<char>(c);
      if (c == '"') in.take();
      continue;
    }
    c = in.take();
    skip_carriage_return(in, c);
    if (!ends_field(c))
      in.invalid(in.line(),
                 "text after a closing quote; a quote inside a "
                 "quoted field is written twice");
    return c;
  }
}

}  // namespace

LineReader::LineReader(const std::filesystem::path& file, RecordOptions options)
    : file_(std::make_unique<TextFile>(file, options)) {}
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;
LineReader::~LineReader() = default;

bool LineReader::next(std::string& line) {
  return file_->take_line(line);
}

std::size_t LineReader::line_number() const noexcept {
  return file_->record_line();
}

std::string LineReader::where() const {
  return file_->where(line_number());
}

CsvReader::CsvReader(const std::filesystem::path& file, RecordOptions options)
    : file_(std::make_unique<TextFile>(file, options)) {
  if (!read(header_, max_columns)) file_->invalid(1, "no header line");
  std::set<std::string_view> names;
  for (const std::string& name : header_) {
    if (!names.insert(name).second)
      file_->invalid(line_number(), "two columns are called '" + name + "'");
  }
}
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader& CsvReader::operator=(CsvReader&&) noexcept = default;
CsvReader::~CsvReader() = default;

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

bool CsvReader::next(std::vector<std::string>& fields) {
  if (!read(fields, header_.size())) return false;
  if (fields.size() == header_.size()) return true;
  file_->invalid(line_number(), std::to_string(fields.size()) +
                                    " fields; the header has " +
                                    std::to_string(header_.size()));
}

std::size_t CsvReader::line_number() const noexcept {
  return file_->record_line();
}

std::string CsvReader::where() const {
  return file_->where(line_number());
}

bool CsvReader::read(std::vector<std::string>& fields, std::size_t max_fields) {
  TextFile& in = *file_;
  fields.clear();
  int c = '\n';
  while (c == '\n') {  // blank lines
    if (in.peek() == TextFile::end_of_file) return false;
    in.begin_record();
    c = in.take();
    skip_carriage_return(in, c);
  }
  while (true) {
    if (fields.size() == max_fields)
      in.invalid(line_number(),
                 "more than " + std::to_string(max_fields) + " fields");
    std::string& field = fields.emplace_back();
    c = c == '"' ? take_quoted(in, field) : take_plain(in, c, field);
    in.refuse_nul(field);
    if (c != ',') return true;
    c = in.take();
  }
}

}  // namespace quarry::detail
