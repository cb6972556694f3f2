#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/data/concept.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

namespace quarry {

struct FtpSourceOptions {
  /// Endings of the names that are samples, without the dot and whatever their
  /// case. Empty: every name is.
  std::vector<std::string> extensions = {"jpg", "jpeg", "png"};
  NetworkOptions network = {};

  /// Raises `source.option`, `net.option` naming field, value and constraint.
  void validate() const;
};

/// The files below a directory of an FTP server, at any depth, ordered by the
/// bytes of their paths. An `AsyncSource`.
///
/// - id: the path relative to the directory; uri: the URL without user and
///   password. Hidden names are skipped.
/// - The directory is listed once, with MLSD (RFC 3659), when the source is
///   made; of a server that does not know that, with LIST, as `ls -l` or DOS
///   write it. Then nothing tells whether a kept copy is still good, and with a
///   cache each file is fetched again.
///
/// Raises `net.*`.
class FtpSource {
 public:
  /// "ftp://user:password@host/directory/".
  explicit FtpSource(std::string_view url,
                     const FtpSourceOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: `net.*`.
  Result<Bytes> read(std::size_t i) const;
  void read_async(std::size_t i, ReadDone done) const;

  /// Files below the directory that are no samples.
  std::size_t ignored() const noexcept;
  NetworkStats network() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
