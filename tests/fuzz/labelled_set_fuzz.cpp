// A file of labels. The first character says of which kind: c(sv), t(xt),
// n(py), else .jsonl.

#include <algorithm>

#include "quarry/core/labelled_set.hpp"

#include "fuzz.hpp"

namespace {

using namespace quarry;

std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

std::string as_csv(const LabelledSet& set) {
  std::string text = "id,uri,label\n";
  for (const LabelledSet::Entry& entry : set) {
    text += quoted(entry.id) + ',' + quoted(entry.uri) + ',' +
            quoted(entry.label.value_or("")) + '\n';
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const char kind = fuzz::take_front(input);
  const char* const name = kind == 'c'   ? "labels.csv"
                           : kind == 't' ? "labels.txt"
                           : kind == 'n' ? "labels.npy"
                                         : "labels.jsonl";
  const auto set = fuzz::attempt(
      [&] { return LabelledSet::load(fuzz::as_file(name, input)); });
  if (!set) return 0;
  for (const LabelledSet::Entry& entry : *set) {
    fuzz::check(!entry.name().empty(), "an entry has no name");
    fuzz::check(entry.label != "", "an empty label is none");
    const auto* found = set->find({.id = entry.id, .uri = entry.uri});
    fuzz::check(found != nullptr && *found == entry, "an entry is not found");
  }
  const std::string csv = as_csv(*set);
  if (csv.find('\0') != csv.npos) return 0;  // JSON can say \u0000
  const auto again = LabelledSet::load(fuzz::as_file("again.csv", csv));
  fuzz::check(std::equal(set->begin(), set->end(), again.begin(), again.end()),
              "what is written is read as something else");
  return 0;
}
