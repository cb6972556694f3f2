#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "quarry/net/network_options.hpp"

#include "net/host.hpp"
#include "net/request.hpp"

namespace quarry::detail {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What came of one attempt.
struct Outcome {
  std::optional<Response> response = std::nullopt;
  /// Instead of it.
  std::optional<Failure> failure = std::nullopt;
  bool retry = false;  ///< the failure may pass
  /// The host was not reached, or went away: it may be down.
  bool transport = false;
};

/// One attempt at a request on one easy handle. Does not move: libcurl holds
/// pointers to it.
class Transfer {
 public:
  Transfer(Easy easy, const Request& request, const NetworkOptions& options,
           bool fresh_connection);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() const noexcept { return easy_.get(); }
  NetClock::time_point began() const noexcept { return began_; }
  /// Something of the answer has come.
  bool answering() const noexcept { return answering_; }
  /// The time for the first byte is over.
  bool late(NetClock::time_point now) const noexcept;

  /// What came of it, once libcurl is done with it.
  Outcome outcome(CURLcode code);
  /// The same for one that is `late`.
  Outcome late_outcome() const;
  /// Connections that it opened; 0 when it went over an open one.
  long connections() const;
  /// The handle, to be used again.
  Easy release() {
    curl_easy_reset(easy_.get());  // it points into this object
    return std::move(easy_);
  }

 private:
  static std::size_t on_header(char* data, std::size_t, std::size_t size,
                               void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size,
                             void* self) noexcept;
  void set(CURLoption option, const std::string& text);
  void header(std::string_view line);
  bool body(std::string_view part);
  Outcome failed(CURLcode code) const;
  Outcome check(Response& response) const;

  Easy easy_;
  const NetworkOptions& options_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  NetClock::time_point began_ = NetClock::now();
  std::string shown_;
  Response response_;
  std::vector<std::byte> body_;
  bool answering_ = false;
  bool part_only_;
  bool no_part_ = false;  // but the whole came
  bool too_large_ = false;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace quarry::detail
