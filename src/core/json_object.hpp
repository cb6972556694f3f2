#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"

namespace quarry::detail {

/// What an object is read from, for messages.
struct JsonDocument {
  ErrorId invalid;        ///< of whatever is wrong with it
  std::string name;       ///< "resnet18.json"
  std::string_view noun;  ///< "card"
};

/// One object of a document, whose keys are all known ones. Whatever is not
/// what it must be raises the document's error and names document, key, value.
class JsonObject {
 public:
  /// `path` is where it stands in the document: "" or "input".
  JsonObject(const Json& json, std::string path, JsonDocument document,
             std::initializer_list<std::string_view> known);

  /// Complains unless every known key is there.
  void expect_all() const;

  /// Null when the key is not there.
  const Json* find(std::string_view key) const;
  /// A whole number in [least, most], `missing` when the key is not there.
  std::size_t whole(std::string_view key, std::size_t missing,
                    std::size_t least, std::size_t most) const;
  /// A finite number, `missing` when the key is not there.
  double number(std::string_view key, double missing) const;
  /// True or false, `missing` when the key is not there.
  bool yes(std::string_view key, bool missing) const;
  /// A text that is not empty; empty when the key is not there.
  std::string text(std::string_view key) const;
  /// One of the words, `missing` when the key is not there.
  std::string word(std::string_view key, std::string missing,
                   std::initializer_list<std::string_view> allowed) const;
  /// So many finite numbers; empty when the key is not there. `one_for` ends
  /// "but must be 3 numbers, one a ".
  std::vector<double> numbers(std::string_view key, std::size_t count,
                              std::string_view one_for) const;
  /// Whole numbers in [least, most]; empty when the key is not there.
  std::vector<std::size_t> wholes(std::string_view key, std::size_t least,
                                  std::size_t most) const;
  /// Strings, none twice, none empty; empty when the key is not there.
  std::vector<std::string> words(std::string_view key) const;

  [[noreturn]] void complain(const std::string& key,
                             const std::string& complaint) const;
  /// The key with its path: "input.height".
  std::string full(std::string_view key) const;
  /// A value as it stands in the document, cut when long.
  static std::string shown(const Json& value);

 private:
  [[noreturn]] void unknown(const std::string& key) const;

  const Json& json_;
  std::string path_;
  JsonDocument document_;
  std::vector<std::string> known_;
};

}  // namespace quarry::detail
