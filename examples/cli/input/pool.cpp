#include "input/pool.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/decode/encode.hpp"
#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/raw_decoder.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

RawDecoder raw_decoder(const std::vector<std::size_t>& shape) {
  return RawDecoder(RawDecoderOptions{.shape = {shape[1], shape[2], shape[0]},
                                      .layout = RawLayout::planar});
}

/// A source of raw pixels whose samples are PNG files.
class AsPng {
 public:
  AsPng(AnySource source, const std::vector<std::size_t>& shape)
      : source_(std::move(source)), decoder_(raw_decoder(shape)) {}

  std::size_t size() const { return source_.size(); }
  Sample sample(std::size_t i) const { return source_.sample(i); }
  Result<Bytes> read(std::size_t i) const {
    const Result<Bytes> raw = source_.read(i);
    if (!raw) return raw;
    const SampleSpec spec = decoder_.spec();
    std::vector<std::byte> row(spec.bytes());
    const Result<void> decoded = decoder_.decode(*raw, row);
    if (!decoded) return decoded.error();
    return encode_png(row, {spec.shape[0], spec.shape[1]},
                      {.channels = spec.shape[2]});
  }

 private:
  AnySource source_;
  RawDecoder decoder_;
};

/// Whether what the program writes goes straight into the pool's directory.
bool is_pool(const fs::path& folder, const std::string& data) {
  const Result<fs::path> uri = path_of_uri(data);
  std::error_code ignored;
  return fs::equivalent(folder, uri ? *uri : fs::path(data), ignored);
}

void note_failure(const Failure& failure, Terminal& terminal) {
  std::string text = fmt::format("{} ({})", failure.message, failure.id.text());
  if (!failure.hint.empty()) text += "; " + failure.hint;
  terminal.note(text);
}

}  // namespace

OpenSourceOptions source_options(const Call& call) {
  const Flags& flags = call.flags;
  OpenSourceOptions options;
  options.truth_from_parent = flags.labels_from == "dirs";
  for (const std::string& folder : {flags.workspace, flags.out}) {
    if (!folder.empty() && !is_pool(folder, flags.data))
      options.exclude.push_back(folder);
  }
  options.image_feature = flags.image_feature;
  options.label_feature = flags.label_feature;
  options.network.ca_file = flags.ca_file;
  options.network.max_per_host = flags.connections;
  options.network.netrc = flags.netrc;
  options.network.cache = byte_cache_options(flags);
  // It may be among the last things to go.
  options.network.cache.on_failure =
      [terminal = call.terminal.shared_from_this()](const Failure& failure) {
        note_failure(failure, *terminal);
      };
  options.s3.anonymous = flags.s3_anonymous;
  return options;
}

Pool open_pool(const Call& call, Keeps keeps) {
  OpenedSource opened = open_source(call.flags.data, source_options(call));
  if (opened.ignored != 0) {
    const char* what = opened.kind == "tar"
                           ? "{} of the entries in {} are no files that are "
                             "JPEG or PNG by name"
                           : "{} of the files in {} are no JPEG or PNG by name";
    call.terminal.note(fmt::format(fmt::runtime(what),
                                   with_commas(opened.ignored), opened.name));
  }
  if (!opened.network) {
    note_idle_cache(call, opened.name, keeps);
    opened.network = [] {
      return NetworkStats();
    };
  }
  return {std::move(opened.source), std::move(opened.name),
          std::move(opened.raw_shape), std::move(opened.network)};
}

void note_idle_cache(const Call& call, const std::string& pool, Keeps keeps) {
  std::vector<std::string> flags = {"--offline"};
  if (keeps == Keeps::copies)
    flags.insert(flags.begin(), {"--cache", "--cache-size"});
  for (const std::string& flag : idle_flags(call.app, flags)) {
    call.terminal.note(
        fmt::format("{} has no effect: nothing of {} is read over a network, "
                    "and files are not copied",
                    flag, pool));
  }
}

AnySource pictures(const Pool& pool) {
  if (pool.raw_shape.empty()) return pool.source;
  return AsPng(pool.source, pool.raw_shape);
}

LabelledSet labelled_of(const Flags& flags, const AnySource& source) {
  if (flags.labelled.empty()) return {};
  return LabelledSet::load(flags.labelled, [&](std::size_t row) {
    if (row >= source.size()) {
      raise("labelled.invalid",
            fmt::format("{}: there is no row {}; the pool has {} samples",
                        flags.labelled, row, source.size()));
    }
    return source.sample(row).id;
  });
}

AnyDecoder decoder_for(const Pool& pool, const ModelCard& card) {
  if (!pool.raw_shape.empty()) return raw_decoder(pool.raw_shape);
  const std::size_t crop = card.preprocess.crop;
  ImageDecoderOptions options;
  options.height = crop != 0 ? crop : card.height;
  options.width = crop != 0 ? crop : card.width;
  options.channels = card.channels;
  options.resize = card.preprocess.resize;
  return ImageDecoder(options);
}

}  // namespace quarry::cli
