#include "net/caching_reactor.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <utility>

#include <curl/curl.h>

#include "quarry/core/detail/text.hpp"

#include "net/byte_cache.hpp"
#include "net/cache_key.hpp"
#include "net/worker.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t asks_at_once = 256;

bool is_strong(const std::string& etag) {
  return !etag.empty() && !etag.starts_with("W/");
}

/// Whether two moments that HTTP can write are so far apart that an object
/// cannot have changed again within the first (RFC 9110, section 8.8.2.2).
bool is_settled(const std::string& modified, const std::string& answered) {
  const std::time_t then = curl_getdate(modified.c_str(), nullptr);
  const std::time_t now = curl_getdate(answered.c_str(), nullptr);
  return then != -1 && now != -1 && now - then > 1;
}

std::vector<std::string> conditions_for(const CachedObject& copy) {
  if (!copy.etag.empty()) return {"If-None-Match: " + copy.etag};
  if (!copy.last_modified.empty())
    return {"If-Modified-Since: " + copy.last_modified};
  return {};
}

/// The answer as it came when the copy was made.
Response answer_of(const CachedObject& copy, Bytes body) {
  Response response{.status = copy.content_range.empty() ? 200 : 206,
                    .body = std::move(body),
                    .headers = {}};
  for (const auto& [name, value] :
       {std::pair{"etag", copy.etag},
        std::pair{"last-modified", copy.last_modified},
        std::pair{"content-range", copy.content_range}}) {
    if (!value.empty()) response.headers.add(name, value);
  }
  response.redirected_to = copy.found_at;
  return response;
}

/// A URL without what may grant access.
std::string place_of(const std::string& url) {
  return shown_url(url.substr(0, url.find_first_of("?#")));
}

Failure cancelled(const Request& request) {
  return {"net.cancelled", shown_url(request.url.text) + ": not waited for", "",
          Blame::run};
}

}  // namespace

bool may_be_kept(const Request& request, const Response& response) {
  if (is_ftp(request)) return true;
  if (response.status != (request.range ? 206 : 200)) return false;
  // Parts that do not say of which object they are cannot be put together.
  if (request.range && !is_strong(response.headers.text("etag"))) return false;
  std::string control = lower_case(response.headers.text("cache-control"));
  std::erase_if(control, [](char c) { return c == ' ' || c == '\t'; });
  return (',' + control + ',').find(",no-store,") == control.npos;
}

CachedObject cached_object(const Request& request, const Response& response) {
  CachedObject object{.version = request.version};
  if (is_ftp(request)) return object;
  object.etag = response.headers.text("etag");
  if (!is_printable(object.etag)) object.etag.clear();
  if (request.range)
    object.content_range = response.headers.text("content-range");
  const std::string modified = response.headers.text("last-modified");
  if (is_settled(modified, response.headers.text("date")))
    object.last_modified = modified;
  object.found_at = place_of(response.redirected_to);
  return object;
}

/// A request on its way through the cache.
struct CachingReactor::Ask {
  std::shared_ptr<Core> core;
  Request request;
  FetchDone done;
  std::string key = {};
  std::optional<CachedObject> copy = std::nullopt;
};

/// What requests under way share: it lives as long as any.
struct CachingReactor::Core {
  explicit Core(NetworkOptions given) : options(std::move(given)) {
    if (!options.cache.offline) reactor_ = Reactor::start(options);
    if (options.cache.directory.empty()) return;
    try {
      cache.emplace(options.cache);
    } catch (const Error& error) {
      if (options.cache.offline) throw;
      unusable = error.failure();
      unusable->message += "; the run goes on without a cache";
      tell(options.cache, *unusable);
      return;
    }
    worker.emplace("quarry-copies", asks_at_once,
                   [](const std::vector<AskPtr>& asks) {
                     for (const AskPtr& ask : asks) {
                       if (ask->request.conditions.empty()) {
                         ask->core->begin(ask);
                       } else {
                         ask->core->unchanged(ask);
                       }
                     }
                   });
  }

  std::shared_ptr<Reactor> reactor() const {
    const std::lock_guard lock(mutex);
    return reactor_;
  }

  void stop();
  void begin(const AskPtr& ask);
  bool is_wanted(const Ask& ask) const;
  bool answer_with_copy(const AskPtr& ask);
  void send(const AskPtr& ask);
  void arrived(const AskPtr& ask, Result<Response> result);
  void unchanged(const AskPtr& ask);

  const NetworkOptions options;
  std::optional<ByteCache> cache;
  std::optional<Failure> unusable;

  mutable std::mutex mutex;
  std::shared_ptr<Reactor> reactor_;            // none offline, nor at the end
  NetworkStats last;                            // of the reactor that was
  std::map<std::string, std::uint64_t> cached;  // by host

  std::optional<Worker<AskPtr>> worker;
};

void CachingReactor::Core::stop() {
  std::shared_ptr<Reactor> last_handle;
  {
    const std::lock_guard lock(mutex);
    last_handle.swap(reactor_);
  }
  if (worker) worker->finish();
  last_handle.reset();
  if (cache) cache->finish();
}

/// Looks for a copy: on the thread that waits for it, or on the cache's.
void CachingReactor::Core::begin(const AskPtr& ask) {
  ask->key = cache_key(ask->request);
  if (cache->options().use != CacheUse::write)
    ask->copy = cache->find(ask->key);
  if (ask->copy && ask->copy->size > options.max_bytes) ask->copy.reset();
  if (ask->copy && is_wanted(*ask) && answer_with_copy(ask)) return;
  if (options.cache.offline) {
    const std::string shown = shown_url(ask->request.url.text);
    return ask->done(Failure{
        "net.offline",
        ask->copy ? shown + ": the cache has another version of it"
                  : shown + ": not in the cache",
        "run once with the cache on and not offline, so that it is kept"});
  }
  // Of a certain version no other one is of use.
  const Request& request = ask->request;
  if (ask->copy && request.version.empty() && request.etag.empty() &&
      !is_ftp(request))
    ask->request.conditions = conditions_for(*ask->copy);
  send(ask);
}

/// Whether the copy is the answer, without asking the host.
bool CachingReactor::Core::is_wanted(const Ask& ask) const {
  const Request& request = ask.request;
  const CachedObject& copy = *ask.copy;
  if (!request.version.empty()) {
    // In S3 the version is the ETag. A copy that was made too early to have a
    // version is the best that there is offline.
    return request.version == copy.version ||
           (is_strong(copy.etag) && request.version == copy.etag) ||
           (options.cache.offline && is_ftp(request) && copy.version.empty());
  }
  if (is_strong(request.etag)) return request.etag == copy.etag;
  return options.cache.offline;
}

bool CachingReactor::Core::answer_with_copy(const AskPtr& ask) {
  std::optional<Bytes> body = cache->load(ask->key, *ask->copy);
  if (!body) {
    ask->copy.reset();
    return false;
  }
  {
    const std::lock_guard lock(mutex);
    ++cached[ask->request.url.host];
  }
  ask->done(answer_of(*ask->copy, *std::move(body)));
  return true;
}

void CachingReactor::Core::send(const AskPtr& ask) {
  const auto here = reactor();
  if (!here) return ask->done(cancelled(ask->request));
  here->fetch(ask->request, [ask](Result<Response> result) {
    ask->core->arrived(ask, std::move(result));
  });
}

/// On the reactor's thread: no file is touched here.
void CachingReactor::Core::arrived(const AskPtr& ask, Result<Response> result) {
  if (!result.ok()) return ask->done(std::move(result));
  if (!ask->request.conditions.empty() && result->status == 304) {
    // The host may lead elsewhere by now.
    ask->copy->found_at = place_of(result->redirected_to);
    AskPtr again = ask;
    if (!worker->post(std::move(again))) ask->done(cancelled(ask->request));
    return;
  }
  if (!may_be_kept(ask->request, *result)) {
    if (ask->copy) cache->forget(ask->key);
    return ask->done(std::move(result));
  }
  CachedObject object = cached_object(ask->request, *result);
  const Bytes body = result->body;
  cache->store(ask->key, std::move(object), body,
               [ask, answer = std::move(result)] { ask->done(answer); });
}

/// The host says that the copy is what it has.
void CachingReactor::Core::unchanged(const AskPtr& ask) {
  if (answer_with_copy(ask)) return;
  ask->request.conditions.clear();
  send(ask);
}

std::shared_ptr<CachingReactor> CachingReactor::start(NetworkOptions options) {
  options.validate();
  return std::make_shared<CachingReactor>(
      std::make_shared<Core>(std::move(options)));
}

CachingReactor::CachingReactor(std::shared_ptr<Core> core)
    : core_(std::move(core)) {}

CachingReactor::~CachingReactor() {
  core_->stop();
}

void CachingReactor::fetch(Request request, FetchDone done) {
  if (!core_->cache)
    return core_->reactor()->fetch(std::move(request), std::move(done));
  core_->worker->post(std::make_shared<Ask>(Ask{
      .core = core_, .request = std::move(request), .done = std::move(done)}));
}

Result<Response> CachingReactor::fetch(Request request) {
  if (!core_->cache) return core_->reactor()->fetch(std::move(request));
  std::promise<Result<Response>> promise;
  auto answer = promise.get_future();
  core_->begin(
      std::make_shared<Ask>(Ask{.core = core_,
                                .request = std::move(request),
                                .done = [&promise](Result<Response> result) {
                                  promise.set_value(std::move(result));
                                }}));
  return answer.get();
}

NetworkStats CachingReactor::stats() const {
  const auto reactor = core_->reactor();
  // Transfers must not wait for the disk.
  const bool in_callback = reactor && reactor->on_its_thread();
  if (core_->cache && !in_callback) core_->cache->flush();
  NetworkStats stats = reactor ? reactor->stats() : NetworkStats();
  {
    const std::lock_guard lock(core_->mutex);
    for (const auto& [name, count] : core_->cached) {
      // clang 14 lets no lambda capture a structured binding.
      const auto found =
          std::find_if(stats.hosts.begin(), stats.hosts.end(),
                       [&host_name = name](const HostStats& host) {
                         return host.host == host_name;
                       });
      if (found == stats.hosts.end()) {
        stats.hosts.push_back({.host = name, .cached = count});
      } else {
        found->cached = count;
      }
    }
  }
  if (core_->unusable) stats.cache_failures.push_back(*core_->unusable);
  if (core_->cache) {
    for (Failure& failure : core_->cache->failures())
      stats.cache_failures.push_back(std::move(failure));
  }
  return stats;
}

}  // namespace quarry::detail
