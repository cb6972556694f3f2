// The limit: how fast a bare libcurl loop gets the same objects over as many
// connections. No line of Quarry: one thread, one multi handle, handles that
// are used again at once, bodies read into memory and dropped.
//
//   limit_curl --urls LIST.txt [--connections 64]

#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <curl/curl.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Slot {
  CURL* easy = nullptr;
  std::string body;
};

std::size_t append(char* data, std::size_t, std::size_t size, void* slot) {
  static_cast<Slot*>(slot)->body.append(data, size);
  return size;
}

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) throw std::invalid_argument("no URLs in " + file);
  return lines;
}

int measure(int argc, char** argv) {
  std::string list;
  std::size_t connections = 64;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--urls") == 0) list = argv[i + 1];
    if (std::strcmp(argv[i], "--connections") == 0) {
      connections = std::stoul(argv[i + 1]);
    }
  }
  const std::vector<std::string> urls = lines_of(list);
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
  const auto begin = Clock::now();
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
  const double seconds =
      std::chrono::duration<double>(Clock::now() - begin).count();
  std::cout << "{\"contender\": \"limit_curl\", \"objects\": " << done
            << ", \"failed\": " << failed << ", \"bytes\": " << bytes
            << ", \"seconds\": " << seconds << ", \"objects_per_second\": "
            << static_cast<double>(done) / seconds << "}\n";
  for (Slot& slot : slots) curl_easy_cleanup(slot.easy);
  curl_multi_cleanup(multi);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "limit_curl: " << error.what() << '\n';
    return 2;
  }
}
