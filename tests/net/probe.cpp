// Reads a source over the network as the pipeline does, and says what came:
//
//   quarry_net_probe http LIST.txt|manifest URL|s3 URI|ftp URL|tar PATTERN
//                    [OPTION=VALUE]...
//
// With rounds=N, http reads all N times, and says before the source is made,
// after each round and when the source is gone how many files are open and how
// much memory is in use.
//
// With pause=FILE it makes the file once the source is open, and reads on when
// the file is gone.
//
// Prints one JSON object: for every sample its SHA-256 or error, and the
// statistics of the hosts. The tests with real servers run it.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <unistd.h>

#include "quarry/core/json.hpp"
#include "quarry/data/ftp_source.hpp"
#include "quarry/data/http_source.hpp"
#include "quarry/data/manifest_source.hpp"
#include "quarry/data/s3_source.hpp"
#include "quarry/data/tar_source.hpp"
#include "quarry/net/network_json.hpp"

#include "net/digest.hpp"

namespace {

using namespace quarry;

NetworkOptions options_of(int argc, char** argv) {
  NetworkOptions options;
  const std::map<std::string, std::function<void(const std::string&)>> known = {
      {"max_per_host",
       [&](auto& v) {
         options.max_per_host = std::stoul(v);
       }},
      {"retries",
       [&](auto& v) {
         options.retries = std::stoul(v);
       }},
      {"backoff",
       [&](auto& v) {
         options.backoff = std::stod(v);
       }},
      {"connect_timeout",
       [&](auto& v) {
         options.connect_timeout = std::stod(v);
       }},
      {"first_byte_timeout",
       [&](auto& v) {
         options.first_byte_timeout = std::stod(v);
       }},
      {"stall_timeout",
       [&](auto& v) {
         options.stall_timeout = std::stod(v);
       }},
      {"outage",
       [&](auto& v) {
         options.outage = std::stod(v);
       }},
      {"max_bytes",
       [&](auto& v) {
         options.max_bytes = std::stoul(v);
       }},
      {"hedge",
       [&](auto& v) {
         options.hedge = v == "1";
       }},
      {"netrc",
       [&](auto& v) {
         options.netrc = v == "1";
       }},
      {"pause",
       [](auto&) {
       }},
      {"rounds",
       [](auto&) {
       }},
      {"anonymous",
       [](auto&) {
       }},
      {"endpoint",
       [](auto&) {
       }},
      {"cache",
       [&](auto& v) {
         options.cache.directory = v;
       }},
      {"cache_use",
       [&](auto& v) {
         options.cache.use = v == "read"    ? CacheUse::read
                             : v == "write" ? CacheUse::write
                                            : CacheUse::on;
       }},
      {"cache_bytes",
       [&](auto& v) {
         options.cache.max_bytes = std::stoull(v);
       }},
      {"offline",
       [&](auto& v) {
         options.cache.offline = v == "1";
       }},
      {"ca_file", [&](auto& v) {
         options.ca_file = v;
       }}};
  for (int i = 3; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t equals = text.find('=');
    known.at(text.substr(0, equals))(text.substr(equals + 1));
  }
  return options;
}

/// The value of an option; empty without it.
std::string value_of(int argc, char** argv, const std::string& name) {
  for (int i = 3; i < argc; ++i) {
    const std::string text = argv[i];
    if (text.starts_with(name + '=')) return text.substr(name.size() + 1);
  }
  return {};
}

/// Lets a test change what is read between opening and reading.
void pause(int argc, char** argv) {
  const std::filesystem::path file = value_of(argc, argv, "pause");
  if (file.empty()) return;
  std::ofstream(file).put('\n');
  while (std::filesystem::exists(file)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

template <class Source>
Json read_all(const Source& source) {
  std::vector<Json> samples(source.size());
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = source.size();
  for (std::size_t i = 0; i < source.size(); ++i) {
    source.read_async(i, [&, i](Result<Bytes> bytes) {
      const Sample sample = source.sample(i);
      Json line{{"id", sample.id}, {"uri", sample.uri}};
      if (sample.truth) line["truth"] = *sample.truth;
      if (bytes.ok()) {
        line["sha256"] = detail::sha256_hex(bytes->text());
      } else {
        line["error"] = bytes.error().id.text();
        line["message"] = bytes.error().message;
        line["run"] = bytes.error().blame == Blame::run;
      }
      const std::lock_guard lock(mutex);
      samples[i] = std::move(line);
      if (--left == 0) changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
  const NetworkStats network = source.network();
  Json cache = Json::array();
  for (const Failure& failure : network.cache_failures)
    cache.push_back(failure.id.text());
  return {{"samples", samples}, {"hosts", to_json(network)}, {"cache", cache}};
}

/// Open files, and bytes of memory in use.
Json used_now() {
  const auto files =
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return {
      {"files", files},
      {"memory", resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE))}};
}

Json read_often(const std::vector<std::string>& urls,
                const NetworkOptions& options, std::size_t rounds) {
  const Json before = used_now();
  Json used = Json::array();
  Json last;
  {
    const HttpSource source(urls, options);
    for (std::size_t round = 0; round < rounds; ++round) {
      last = read_all(source);
      used.push_back(used_now());
    }
  }
  last["used"] = std::move(used);
  last["before"] = before;
  last["after"] = used_now();
  return last;
}

Json run(int argc, char** argv) {
  if (argc < 3) raise("net.option", "quarry_net_probe KIND WHAT");
  const std::string kind = argv[1];
  const NetworkOptions network = options_of(argc, argv);
  const S3Options s3{.endpoint = value_of(argc, argv, "endpoint"),
                     .anonymous = value_of(argc, argv, "anonymous") == "1"};
  if (kind == "s3") {
    const S3Source source(argv[2], {.s3 = s3, .network = network});
    pause(argc, argv);
    return read_all(source);
  }
  if (kind == "manifest") {
    return read_all(
        ManifestSource::from_url(argv[2], {.network = network, .s3 = s3}));
  }
  if (kind == "tar") {
    const TarSource source(argv[2], {.network = network});
    pause(argc, argv);
    return read_all(source);
  }
  if (kind == "ftp") return read_all(FtpSource(argv[2], {.network = network}));
  std::vector<std::string> urls;
  std::ifstream list(argv[2]);
  for (std::string line; std::getline(list, line);) urls.push_back(line);
  const std::string rounds = value_of(argc, argv, "rounds");
  if (rounds.empty()) return read_all(HttpSource(urls, network));
  return read_often(urls, network, std::stoul(rounds));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::cout << run(argc, argv).dump() << '\n';
  } catch (const Error& error) {
    std::cout
        << Json({{"error", error.id()}, {"message", error.message()}}).dump()
        << '\n';
    return 1;
  }
  return 0;
}
