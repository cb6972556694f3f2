#include "quarry/data/open_source.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "quarry/data/directory_source.hpp"
#include "quarry/data/file_uri.hpp"
#include "quarry/data/manifest_source.hpp"

#include "data/missing.hpp"
#include "data/uri.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view cifar10_prefix = "cifar10:";

constexpr std::string_view supported =
    "this version reads a directory, a manifest (.jsonl, .csv, .txt) and "
    "cifar10:DIR";

/// The scheme of a text that names a pool elsewhere; nothing for a local one.
std::optional<std::string> foreign_scheme(std::string_view text) {
  if (auto scheme = detail::scheme_of(text); scheme && scheme != "file") {
    return scheme;
  }
  for (const std::string_view prefix : {"tar:", "tfrecord:"}) {
    if (text.substr(0, prefix.size()) == prefix) {
      return std::string(prefix.substr(0, prefix.size() - 1));
    }
  }
  return std::nullopt;
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

}  // namespace

OpenedSource open_source(std::string_view text,
                         const OpenSourceOptions& options) {
  if (text.substr(0, cifar10_prefix.size()) == cifar10_prefix) {
    return open_cifar10(text.substr(cifar10_prefix.size()),
                        options.cifar10_split);
  }
  if (const auto scheme = foreign_scheme(text)) {
    raise("source.scheme", "this version cannot read " + *scheme + ": pools",
          std::string(supported));
  }
  const fs::path path =
      detail::scheme_of(text) ? path_of_uri(text).value() : fs::path(text);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    raise("source.not_found", detail::shown(path) + " does not exist",
          detail::hint_for_missing(path));
  }
  if (fs::is_directory(status)) {
    const DirectorySource source(
        path, {.truth_from_parent = options.truth_from_parent,
               .exclude = options.exclude});
    return {.source = source, .kind = "directory", .ignored = source.ignored()};
  }
  const std::string extension = detail::lower_case(path.extension().native());
  if (extension != ".jsonl" && extension != ".csv" && extension != ".txt") {
    raise("source.format", detail::shown(path) + " is no pool of a known kind",
          std::string(supported));
  }
  return {.source = ManifestSource(path), .kind = "manifest"};
}

std::span<const SourceInfo> list_sources() noexcept {
  static constexpr std::array<SourceInfo, 3> sources{{
      {"directory", "pool/",
       "the .jpg, .jpeg and .png files under a directory, at any depth"},
      {"manifest", "pool.jsonl",
       "the files that a list names: .jsonl or .csv with uri, id and truth, "
       ".txt with a URI a line"},
      {"cifar10", "cifar10:DIR",
       "CIFAR-10's binary files; DIR#test and DIR#all choose the split"},
  }};
  return sources;
}

}  // namespace quarry
