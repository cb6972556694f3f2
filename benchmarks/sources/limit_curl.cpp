// The limit: how fast a bare libcurl loop gets the same objects over as many
// connections. No line of Quarry: one thread, one multi handle, handles that
// are used again at once, bodies read into memory and dropped.
//
//   limit_curl --urls LIST.txt [--connections 256] [--server PIDS]

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "../flags.hpp"
#include "../objects.hpp"
#include "../stopwatch.hpp"

namespace {

struct Slot {
  CURL* easy = nullptr;
  std::string body;
};

std::size_t append(char* data, std::size_t, std::size_t size, void* slot) {
  static_cast<Slot*>(slot)->body.append(data, size);
  return size;
}

void measure(const Flags& flags) {
  const std::size_t connections = flags.count("connections");
  const std::vector<std::string> urls = lines_of(flags.given("urls"));
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(connections));
  std::vector<Slot> slots(std::min(connections, urls.size()));
  std::size_t next = 0;
  std::size_t done = 0;
  std::size_t bytes = 0;
  std::size_t failed = 0;
  const auto start = [&](Slot& slot) {
    slot.body.clear();
    curl_easy_setopt(slot.easy, CURLOPT_URL, urls[next++].c_str());
    curl_multi_add_handle(multi, slot.easy);
  };
  const Stopwatch watch(flags.text("server"));
  for (Slot& slot : slots) {
    slot.easy = curl_easy_init();
    curl_easy_setopt(slot.easy, CURLOPT_PRIVATE, &slot);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(slot.easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot.easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    start(slot);
  }
  while (done < urls.size()) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      Slot* slot = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
      long status = 0;
      curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
      if (message->data.result != CURLE_OK || status != 200) ++failed;
      bytes += slot->body.size();
      ++done;
      curl_multi_remove_handle(multi, slot->easy);
      if (next < urls.size()) start(*slot);
    }
    if (done < urls.size()) curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  const Spent spent = watch.spent();
  for (Slot& slot : slots) curl_easy_cleanup(slot.easy);
  curl_multi_cleanup(multi);
  if (failed != 0) {
    throw std::runtime_error(std::to_string(failed) + " requests failed");
  }
  print_result("limit_curl", done, spent,
               ", \"bytes\": " + std::to_string(bytes));
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_curl", [&] {
    measure(Flags(argc, argv,
                  {{"urls", ""}, {"connections", "256"}, {"server", ""}}));
  });
}
