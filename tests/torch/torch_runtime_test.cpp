#include "quarry/model/torch_runtime.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using quarry::test::error_id;

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
