#include "quarry/data/open_source.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "quarry/data/directory_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/data/ftp_source.hpp"
#include "quarry/data/manifest_source.hpp"
#include "quarry/data/s3_source.hpp"
#include "quarry/data/tar_source.hpp"
#include "quarry/data/tfrecord_source.hpp"

#include "data/missing.hpp"
#include "data/uri.hpp"
#include "net/url.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view cifar10_prefix = "cifar10:";
constexpr std::string_view tar_prefix = "tar:";
constexpr std::string_view tfrecord_prefix = "tfrecord:";

constexpr std::string_view supported =
    "a pool is a directory, a manifest (.jsonl, .csv, .txt), cifar10:DIR, "
    "tar:PATTERN, tfrecord:PATTERN, s3://bucket/prefix, ftp://host/directory/ "
    "or the URL of a manifest";

bool is_url(std::string_view text) {
  return text.find("://") != text.npos;
}

/// Whether a path or URL ends like a manifest.
bool names_manifest(std::string_view text) {
  const std::string lower = detail::lower_case(detail::without_query(text));
  return lower.ends_with(".jsonl") || lower.ends_with(".csv") ||
         lower.ends_with(".txt");
}

template <class Source>
OpenedSource over_network(Source source, const char* kind,
                          std::size_t ignored = 0) {
  OpenedSource opened{.source = source, .kind = kind};
  opened.ignored = ignored;
  opened.network = [source] {
    return source.network();
  };
  return opened;
}

/// What may be here, elsewhere or both.
template <class Source>
OpenedSource anywhere(const Source& source, const char* kind,
                      std::size_t ignored = 0) {
  OpenedSource opened = over_network(source, kind, ignored);
  if (!source.is_async()) opened.network = {};
  return opened;
}

/// A pool at a URL; nothing for what is local.
std::optional<OpenedSource> open_remote(std::string_view text,
                                        const OpenSourceOptions& options) {
  const auto scheme = detail::scheme_of(text);
  if (!scheme || scheme == "file") return std::nullopt;
  const bool known = scheme == "http" || scheme == "https" || scheme == "ftp" ||
                     scheme == "ftps" || detail::is_bucket_uri(text);
  if (!known) {
    raise("source.scheme", *scheme + ": pools cannot be read",
          detail::hint_for_scheme(*scheme));
  }
  if (names_manifest(text)) {
    return over_network(
        ManifestSource::from_url(
            text, {.network = options.network, .s3 = options.s3}),
        "manifest");
  }
  if (detail::is_bucket_uri(text)) {
    const S3Source source(text, {.s3 = options.s3, .network = options.network});
    return over_network(source, "s3", source.ignored());
  }
  if (scheme->starts_with("ftp")) {
    const FtpSource source(text, {.network = options.network});
    return over_network(source, "ftp", source.ignored());
  }
  raise("source.format",
        detail::shown_url(text) + " is no list: over HTTP a pool is a list",
        "name a .txt, .jsonl or .csv file with a URI a line");
}

OpenedSource open_cifar10(std::string_view directory, Cifar10Split split) {
  constexpr std::array<std::pair<std::string_view, Cifar10Split>, 3> splits{
      {{"#train", Cifar10Split::train},
       {"#test", Cifar10Split::test},
       {"#all", Cifar10Split::all}}};
  for (const auto& [suffix, chosen] : splits) {
    if (directory.size() >= suffix.size() &&
        directory.substr(directory.size() - suffix.size()) == suffix) {
      directory.remove_suffix(suffix.size());
      split = chosen;
      break;
    }
  }
  return {.source = Cifar10Source(fs::path(directory), {.split = split}),
          .kind = "cifar10",
          .raw_shape = {3, 32, 32}};
}

OpenedSource open(std::string_view text, const OpenSourceOptions& options) {
  if (text.substr(0, cifar10_prefix.size()) == cifar10_prefix) {
    return open_cifar10(text.substr(cifar10_prefix.size()),
                        options.cifar10_split);
  }
  if (text.starts_with(tar_prefix)) {
    const TarSource source(text.substr(tar_prefix.size()),
                           {.truth_from_parent = options.truth_from_parent,
                            .network = options.network,
                            .s3 = options.s3});
    return anywhere(source, "tar", source.ignored());
  }
  if (text.starts_with(tfrecord_prefix)) {
    return anywhere(TfRecordSource(text.substr(tfrecord_prefix.size()),
                                   {.image_feature = options.image_feature,
                                    .label_feature = options.label_feature,
                                    .network = options.network,
                                    .s3 = options.s3}),
                    "tfrecord");
  }
  if (auto remote = open_remote(text, options)) return *std::move(remote);
  const fs::path path =
      detail::scheme_of(text) ? path_of_uri(text).value() : fs::path(text);
  const fs::file_status status = detail::status_of(path);
  if (fs::is_directory(status)) {
    const DirectorySource source(
        path, {.truth_from_parent = options.truth_from_parent,
               .exclude = options.exclude});
    return {.source = source, .kind = "directory", .ignored = source.ignored()};
  }
  if (!names_manifest(path.native())) {
    raise("source.format", detail::shown(path) + " is no pool of a known kind",
          std::string(supported));
  }
  return anywhere(
      ManifestSource(path, {.network = options.network, .s3 = options.s3}),
      "manifest");
}

}  // namespace

OpenedSource open_source(std::string_view text,
                         const OpenSourceOptions& options) {
  OpenedSource opened = open(text, options);
  opened.name = is_url(text) ? detail::shown_url(text) : std::string(text);
  return opened;
}

bool grants_access(std::string_view text) {
  return is_url(text) && detail::shown_url(text) != detail::printable(text);
}

std::span<const SourceInfo> list_sources() noexcept {
  static constexpr std::array<SourceInfo, 8> sources{{
      {"directory", "pool/",
       "the .jpg, .jpeg and .png files under a directory, at any depth"},
      {"manifest", "pool.jsonl",
       "what a list names, on disk and on any host: .jsonl or .csv with uri, "
       "id and truth, .txt with a URI a line"},
      {"cifar10", "cifar10:DIR",
       "CIFAR-10's binary files; DIR#test and DIR#all choose the split"},
      {"tar", "tar:shards/train-{000..146}.tar",
       "the .jpg, .jpeg and .png members of tar archives, as WebDataset writes "
       "them; here, or at an https: or s3: URL"},
      {"tfrecord", "tfrecord:shards/train-*",
       "the images of tf.Example messages in TFRecord files; here, or at an "
       "https: or s3: URL"},
      {"http", "https://host/pool.txt",
       "a manifest at a URL; relative URIs in it start there"},
      {"s3", "s3://bucket/prefix/",
       "the .jpg, .jpeg and .png objects under a prefix of a bucket"},
      {"ftp", "ftp://user:password@host/pool/",
       "the .jpg, .jpeg and .png files under a directory, at any depth"},
  }};
  return sources;
}

}  // namespace quarry
