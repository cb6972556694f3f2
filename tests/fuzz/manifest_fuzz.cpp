// A list of samples as a pool. The first character says of which kind: c(sv),
// t(xt), else .jsonl. Nothing that it names is read.

#include "quarry/core/json.hpp"
#include "quarry/data/manifest_source.hpp"

#include "fuzz.hpp"
#include "pool.hpp"

namespace {

using namespace quarry;

// Signs nothing: this machine's credentials are nobody's business.
const ManifestOptions options{
    .s3 = {.region = "eu-north-1", .anonymous = true}};

/// The same pool as a list of its own making.
std::string as_jsonl(const ManifestSource& source) {
  std::string text;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    Json line = {{"uri", sample.uri}, {"id", sample.id}};
    if (sample.truth) line["truth"] = *sample.truth;
    text += to_line(line) + '\n';
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const char kind = fuzz::take_front(input);
  const char* const name = kind == 'c'   ? "pool.csv"
                           : kind == 't' ? "pool.txt"
                                         : "pool.jsonl";
  const auto source = fuzz::attempt(
      [&] { return ManifestSource(fuzz::as_file(name, input), options); });
  if (!source) return 0;
  fuzz::check_samples(*source);
  const std::string list = as_jsonl(*source);
  const ManifestSource again(fuzz::as_file("again.jsonl", list), options);
  fuzz::check(as_jsonl(again) == list,
              "what is written is read as something else");
  return 0;
}
