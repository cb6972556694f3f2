#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "quarry/data/concept.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

namespace quarry {

/// The objects that a list of URLs names, in its order. An `AsyncSource`.
///
/// - URLs are http:, https:, ftp: or ftps:, on any number of hosts. User and
///   password in a URL are sent and never shown.
/// - id and uri: the URL without user and password, with the values of
///   signatures and tokens left out. Where URLs differ in nothing else, the
///   start of their SHA-256 stands for them.
///
/// Raises `net.url`, `net.scheme`, `net.option`, `source.duplicate_id`; making
/// it touches no network. O(n log n); 16 bytes and twice the URL an object.
class HttpSource {
 public:
  explicit HttpSource(const std::vector<std::string>& urls,
                      const NetworkOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: `net.*`. What is wrong with the network and not with the sample
  /// stops the run.
  Result<Bytes> read(std::size_t i) const;
  void read_async(std::size_t i, ReadDone done) const;

  /// What the hosts did so far, by host.
  NetworkStats network() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
