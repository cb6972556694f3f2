#include "core/npy_header.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "quarry/core/error.hpp"

namespace quarry::detail {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_rank = 64;  // NumPy's own

// "f4" → DType::f4.
std::optional<DType> find_dtype(std::string_view name) {
  for (const DType type :
       {DType::b1, DType::u1, DType::u2, DType::u4, DType::u8, DType::i1,
        DType::i2, DType::i4, DType::i8, DType::f2, DType::f4, DType::f8}) {
    if (name_of(type) == name) return type;
  }
  return std::nullopt;
}

// What NumPy means by a type that is none of ours; empty when it means nothing.
std::string_view foreign_kind(std::string_view type) {
  if (type.empty()) return {};
  if (type == "f16" || type == "f12") return "extended-precision floats";
  switch (type[0]) {
    case 'c':
      return "complex numbers";
    case 'O':
      return "Python objects";
    case 'S':
    case 'a':
      return "byte strings";
    case 'U':
      return "text";
    case 'V':
      return "raw records";
    case 'M':
      return "dates";
    case 'm':
      return "time spans";
    default:
      return {};
  }
}

// Printable ASCII only, since it is garbage as likely as not.
std::string printable(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string result(text.substr(0, longest));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; },
      '?');
  if (text.size() > longest) result += "...";
  return result;
}

/// Reads the one dictionary that a header is: a Python literal with the keys
/// 'descr', 'fortran_order' and 'shape' in any order.
class Parser {
 public:
  Parser(std::string_view text, std::string_view name)
      : text_(text), name_(name) {}

  NpyHeader parse() {
    NpyHeader header;
    bool descr = false;
    bool order = false;
    bool shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        read_dtype(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran_order = boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        header.shape = tuple();
      } else {
        invalid("the key '" + printable(key) + "' is unknown or given twice");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!descr || !order || !shape)
      invalid("descr, fortran_order and shape are not all there");
    skip_space();
    if (position_ != text_.size()) invalid("text after its dictionary");
    return header;
  }

 private:
  [[noreturn]] void invalid(const std::string& what) const {
    raise("npy.invalid",
          std::string(name_) + " has a broken npy header: " + what);
  }

  void skip_space() {
    position_ =
        std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
  }

  bool accept(char c) {
    skip_space();
    if (position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) invalid(std::string("'") + c + "' was expected" + here());
  }

  std::string here() const {
    return " at '" + printable(text_.substr(position_)) + "'";
  }

  std::string_view string() {
    skip_space();
    const char quote = position_ < text_.size() ? text_[position_] : '\0';
    if (quote != '\'' && quote != '"')
      invalid("a string was expected" + here());
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == text_.npos) invalid("a string that never ends" + here());
    const auto result = text_.substr(position_ + 1, end - position_ - 1);
    position_ = end + 1;
    return result;
  }

  bool boolean() {
    skip_space();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(position_).starts_with(word)) {
        position_ += word.size();
        return value;
      }
    }
    invalid("True or False was expected" + here());
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> extents;
    expect('(');
    while (!accept(')')) {
      extents.push_back(integer());
      if (extents.size() > max_rank)
        raise("npy.unsupported", std::string(name_) + " has more than " +
                                     std::to_string(max_rank) + " dimensions");
      if (!accept(',')) {
        expect(')');
        if (extents.size() == 1) invalid("a tuple of one needs a comma");
        break;
      }
    }
    return extents;
  }

  std::size_t integer() {
    skip_space();
    const std::size_t start = position_;
    std::size_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' &&
           text_[position_] <= '9') {
      const auto digit = static_cast<std::size_t>(text_[position_] - '0');
      if (!multiply(value, 10, value) ||
          value > std::numeric_limits<std::size_t>::max() - digit)
        invalid("an extent beyond 64 bits");
      value += digit;
      ++position_;
    }
    if (position_ == start) invalid("an extent was expected" + here());
    if (position_ < text_.size() && text_[position_] == 'L')
      ++position_;  // Python 2 wrote long integers so
    return value;
  }

  void read_dtype(NpyHeader& header) {
    skip_space();
    if (position_ < text_.size() &&
        (text_[position_] == '[' || text_[position_] == '(' ||
         text_[position_] == '{'))
      unsupported("a structured dtype");
    const std::string_view descr = string();
    std::string_view type = descr;
    header.big_endian = type.starts_with('>');
    if (!type.empty() && std::string_view("<>=|").find(type[0]) != type.npos)
      type.remove_prefix(1);
    if (const auto known = find_dtype(type)) {
      header.type = *known;
      return;
    }
    const std::string_view kind = foreign_kind(type);
    if (kind.empty()) invalid("'" + printable(descr) + "' is no dtype");
    unsupported(std::string(kind) + " ('" + printable(descr) + "')");
  }

  [[noreturn]] void unsupported(const std::string& what) const {
    raise("npy.unsupported",
          std::string(name_) + " holds " + what +
              "; only booleans, integers and floats of up to 8 bytes can be "
              "read",
          "convert it, for example with numpy: a.astype('float32')");
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t position_ = 0;
};

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The bytes of all elements; NumPy too refuses extents whose product does not
// fit when one of them is 0.
bool count_bytes(const NpyHeader& header, std::size_t& bytes) {
  bytes = size_of(header.type);
  bool empty = false;
  for (const std::size_t extent : header.shape) {
    empty = empty || extent == 0;
    if (extent != 0 && !multiply(bytes, extent, bytes)) return false;
  }
  if (empty) bytes = 0;
  return true;
}

}  // namespace

bool multiply(std::size_t a, std::size_t b, std::size_t& product) noexcept {
  return !__builtin_mul_overflow(a, b, &product);
}

NpyHeader parse_npy_header(std::string_view file, std::string_view name) {
  const std::string who(name);
  if (!file.starts_with(magic)) raise("npy.invalid", who + " is no .npy file");
  const std::size_t after_magic = magic.size();
  if (file.size() < after_magic + 4)
    raise("npy.invalid", who + " ends inside its npy header");
  const auto major = static_cast<unsigned char>(file[after_magic]);
  const auto minor = static_cast<unsigned char>(file[after_magic + 1]);
  if (major < 1 || major > 3 || minor != 0)
    raise("npy.unsupported", who + " has npy format " + std::to_string(major) +
                                 "." + std::to_string(minor) +
                                 "; 1.0, 2.0 and 3.0 can be read");
  const std::size_t start = after_magic + 2 + (major == 1 ? 2U : 4U);
  if (file.size() < start)
    raise("npy.invalid", who + " ends inside its npy header");
  const std::size_t length =
      little_endian(file.substr(after_magic + 2, start - after_magic - 2));
  if (length > file.size() - start)
    raise("npy.invalid", who + " ends inside its npy header");

  NpyHeader header = Parser(file.substr(start, length), name).parse();
  header.data_offset = start + length;
  const std::size_t there = file.size() - header.data_offset;
  if (!count_bytes(header, header.data_bytes))
    raise("npy.invalid", who + " has a shape of more than 2^64 bytes");
  if (there != header.data_bytes)
    raise("npy.invalid", who + " has " + std::to_string(there) +
                             " bytes of data; its shape and dtype need " +
                             std::to_string(header.data_bytes));
  return header;
}

std::string format_npy_header(DType type, std::span<const std::size_t> shape) {
  std::string text = "{'descr': '";
  text += size_of(type) == 1 ? '|' : '<';
  text += name_of(type);
  text += "', 'fortran_order': False, 'shape': (";
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d > 0) text += ", ";
    text += std::to_string(shape[d]);
  }
  text += shape.size() == 1 ? ",), }" : "), }";
  // The elements begin at a multiple of 64, as NumPy's do.
  constexpr std::size_t alignment = 64;
  const std::size_t fixed = magic.size() + 4;
  const std::size_t unpadded = fixed + text.size() + 1;
  text.append((alignment - unpadded % alignment) % alignment, ' ');
  text += '\n';
  QUARRY_EXPECTS(text.size() <= 0xFFFF, "an .npy of too many dimensions");
  std::string header(magic);
  header += '\1';
  header += '\0';
  header += static_cast<char>(text.size() & 0xFFU);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace quarry::detail
