#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <ATen/Parallel.h>
#include <curl/curl.h>

#include "../flags.hpp"
#include "../objects.hpp"
#include "../stopwatch.hpp"
#include "jpeg.hpp"
#include "network.hpp"

/// One object after the other, over one connection that is kept open.
class OneByOne {
 public:
  OneByOne() {
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(easy_, CURLOPT_FAILONERROR, 1L);
  }
  ~OneByOne() { curl_easy_cleanup(easy_); }
  OneByOne(const OneByOne&) = delete;
  OneByOne& operator=(const OneByOne&) = delete;

  /// The bytes of a file, or what an http: URL gives.
  std::string get(const std::string& place) {
    if (!place.starts_with("http:")) return read_file(place);
    body_.clear();
    curl_easy_setopt(easy_, CURLOPT_URL, place.c_str());
    if (curl_easy_perform(easy_) != CURLE_OK) {
      throw std::runtime_error("cannot get " + place);
    }
    return body_;
  }

 private:
  static std::size_t append(char* data, std::size_t, std::size_t size,
                            void* body) {
    static_cast<std::string*>(body)->append(data, size);
    return size;
  }

  CURL* easy_ = curl_easy_init();
  std::string body_;
};

/// The rows of the tenth with the smallest margins, of probabilities [N, C].
inline at::Tensor tenth_of(const at::Tensor& probabilities) {
  const at::Tensor top = std::get<0>(probabilities.topk(2, 1)).t().contiguous();
  const std::int64_t budget = probabilities.size(0) / 10;
  return std::get<1>((top[0] - top[1]).topk(budget, 0, /*largest=*/false));
}

/// The job without Quarry, stage after stage: fetch `chunk` samples, then
/// decode them, then infer them; 0: all at once. Last, the tenth of the pool
/// with the smallest margins is picked.
inline void run_stages(const std::string& contender, const Flags& flags,
                       std::size_t chunk) {
  const std::vector<std::string> list = lines_of(flags.given("list"));
  const std::size_t batch = flags.count("batch");
  const std::size_t height = flags.count("height");
  const std::size_t width = flags.count("width");
  if (chunk == 0) chunk = list.size();
  at::set_num_threads(static_cast<int>(flags.count("threads")));
  Network network = networks(flags).front();
  for (int warm = 0; warm < 3; ++warm) {
    network.infer(torch::zeros(shape_of(flags, batch), torch::kByte));
  }
  OneByOne objects;
  Jpeg jpeg;

  const Stopwatch watch(flags.text("server"));
  double fetching = 0.0;
  double decoding = 0.0;
  std::vector<at::Tensor> probabilities;
  for (std::size_t first = 0; first < list.size(); first += chunk) {
    const std::size_t count = std::min(chunk, list.size() - first);
    const double begin = watch.spent().seconds;
    std::vector<std::string> encoded;
    for (std::size_t i = 0; i < count; ++i) {
      encoded.push_back(objects.get(list[first + i]));
    }
    const double fetched = watch.spent().seconds;
    const at::Tensor pixels =
        torch::empty(shape_of(flags, count), torch::kByte);
    for (std::size_t i = 0; i < count; ++i) {
      jpeg.decode(encoded[i],
                  pixels.data_ptr<std::uint8_t>() + i * height * width * 3,
                  height, width);
    }
    fetching += fetched - begin;
    decoding += watch.spent().seconds - fetched;
    for (const at::Tensor& some :
         pixels.split(static_cast<std::int64_t>(batch))) {
      probabilities.push_back(network.infer(some));
    }
  }
  const at::Tensor picks = tenth_of(torch::cat(probabilities));
  print_result(contender, list.size(), watch.spent(),
               ", \"fetching\": " + std::to_string(fetching) +
                   ", \"decoding\": " + std::to_string(decoding) +
                   ", \"picks\": " + std::to_string(picks.size(0)));
}

/// The flags of a program that is one call of `run_stages`.
inline Flags stage_flags(int argc, char** argv) {
  return Flags(
      argc, argv,
      with_network(
          {{"list", ""}, {"threads", "2"}, {"batch", "128"}, {"server", ""}}));
}
