#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "quarry/net/network_options.hpp"

#include "net/clock.hpp"
#include "net/request.hpp"

namespace quarry::detail {

/// Starts libcurl, which is thread-safe and counted. Raises `net.curl`.
void start_curl();

/// How far an attempt came.
enum class Reach {
  unknown,  ///< it says nothing of the host
  nowhere,  ///< no connection: the host is away
  silence,  ///< a connection, but no byte of an answer
  answer,   ///< something of an answer
};

/// What came of one attempt.
struct Outcome {
  std::optional<Response> response = std::nullopt;
  /// Instead of it.
  std::optional<Failure> failure = std::nullopt;
  bool retry = false;  ///< the failure may pass
  Reach reach = Reach::unknown;
  bool throttled = false;  ///< the host wants to be asked less often
  bool no_room = false;    ///< here, for its socket
  bool denied = false;     ///< a login of FTP: it may be one too many
  bool counts = true;      ///< among the attempts
  bool elsewhere = false;  ///< the next one needs another connection
};

/// One attempt at a request, and then the next: the handle of libcurl keeps
/// what does not change. Does not move: libcurl holds pointers to it.
class Transfer {
 public:
  /// The options outlive it. Raises `net.curl`.
  explicit Transfer(const NetworkOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Makes the handle ready to be added to a multi handle. The request stays
  /// where it is until the attempt is over. Raises `net.curl`, and what signing
  /// raises.
  void begin(const Request& request, bool fresh_connection);

  CURL* easy() const noexcept { return easy_.get(); }
  NetClock::time_point began() const noexcept { return began_; }
  /// Something of the answer has come: then.
  bool answering() const noexcept { return answering_; }
  NetClock::time_point first_byte() const noexcept { return first_byte_; }
  /// What came of it, if the time for the first byte is over, or the answer has
  /// stalled.
  std::optional<Outcome> overdue(NetClock::time_point now);
  /// What came of it, once libcurl is done with it; `no_room` is of its opener.
  Outcome outcome(CURLcode code, int no_room);
  /// Connections that it opened; 0 when it went over an open one.
  long connections() const;

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static std::size_t on_header(char* data, std::size_t, std::size_t size,
                               void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size,
                             void* self) noexcept;
  template <class Value>
  void set(CURLoption option, Value value);
  /// The same where the last attempt had another one.
  template <class Value>
  void change(CURLoption option, Value& had, const Value& wanted);
  void set_headers(const std::vector<std::string>& lines);
  bool header(std::string_view line);
  bool body(std::string_view part);
  bool begin_body();
  void answered();
  Reach reach() const;
  std::string shown() const { return shown_url(request_->url.text); }
  Outcome failed(CURLcode code, int no_room);
  Outcome check_answer();

  const NetworkOptions& options_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;

  // What the handle is set to.
  std::string user_;
  std::string password_;
  long fresh_ = 0;
  long last_use_ = 0;  ///< of the connection
  long redirects_ = 0;
  std::string list_;
  bool tls_only_ = false;

  // Of this attempt.
  const Request* request_ = nullptr;
  bool is_ftp_ = false;
  NetClock::time_point began_{};
  NetClock::time_point asked_{};  // for the first byte; of the last redirect
  bool redirected_ = false;
  bool answering_ = false;
  NetClock::time_point first_byte_{};
  NetClock::time_point flowing_{};  // when the body last came fast enough
  NetClock::time_point looked_{};   // when that was found out
  std::uint64_t looked_bytes_ = 0;
  Response response_;
  std::vector<std::byte> body_;
  std::uint64_t head_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::size_t kept_at_most_ = 0;  // of the body
  bool begun_ = false;            // the body
  bool no_part_ = false;          // but the whole came
  bool too_large_ = false;
  bool enough_ = false;  // of the body of an error
};

}  // namespace quarry::detail
