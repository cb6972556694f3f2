#include "quarry/model/torch_runtime.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <ATen/Parallel.h>
#include <torch/nn/module.h>

#include "quarry/data/memory_source.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/torch_module.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using quarry::test::error_id;

namespace {

/// Mean colours, and how many threads operators had when they were computed.
struct Watched : torch::nn::Module {
  at::Tensor forward(const at::Tensor& x) {
    const std::lock_guard lock(mutex);
    threads.insert(at::get_num_threads());
    return x.mean({2, 3});
  }
  std::mutex mutex;
  std::set<int> threads;
};

}  // namespace

TEST_CASE("libtorch's threads are those that were asked for") {
  const std::size_t before = torch_runtime_info().threads;
  use_threads(2);
  CHECK(torch_runtime_info().threads == 2);
  use_threads(1);
  CHECK(torch_runtime_info().threads == 1);
  CHECK(error_id([] { use_threads(0); }) == "model.option");
  CHECK(torch_runtime_info().threads == 1);
  use_threads(before);
}

TEST_CASE("threads that have computed take another number of threads, too") {
  const std::size_t before = torch_runtime_info().threads;
  use_threads(1);
  const auto net = std::make_shared<Watched>();
  TorchModule model(net, {.height = 2, .width = 2, .channels = 3},
                    {.device = "cpu"});
  std::vector<MemorySource::Item> items;
  for (int i = 0; i < 8; ++i) {
    items.push_back({{.id = std::to_string(i), .uri = ""},
                     Bytes::take(std::vector<std::byte>(12, std::byte(i)))});
  }
  Pipeline pipeline(MemorySource(items), RawDecoder({.shape = {2, 2, 3}}),
                    model, Margin(), {.batch = 1, .threads = 2});
  pipeline.select(1);
  const std::string with_one = model.computes_with();
  for (const std::size_t count : {3, 2}) {
    // From another thread than that of the pipeline.
    std::thread([&] { use_threads(count); }).join();
    net->threads.clear();
    pipeline.select(1);
    CHECK(net->threads == std::set<int>{static_cast<int>(count)});
    CHECK(model.computes_with().find("threads " + std::to_string(count)) !=
          std::string::npos);
  }
  use_threads(1);
  CHECK(model.computes_with() == with_one);
  use_threads(before);
}

TEST_CASE(
    "what is told of libtorch names every device, or why it is unusable") {
  const TorchRuntimeInfo info = torch_runtime_info();
  CHECK(info.version.find('.') != std::string::npos);
  CHECK_FALSE(info.cpu.empty());
  REQUIRE(info.devices.size() >= 2);
  CHECK(info.devices[0].name == "cpu");
  CHECK(info.devices[0].usable);
  for (const TorchDevice& device : info.devices) {
    INFO(device.name);
    CHECK(device.usable == device.why.empty());
  }
}
