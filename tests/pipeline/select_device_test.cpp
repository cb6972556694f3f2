// Set strategies of a pipeline that multiply rows on a device.
#include <memory>
#include <string>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "fakes.hpp"
#include "made_device.hpp"

namespace quarry {
namespace {

Selection select_on(std::shared_ptr<SelectDevice> device) {
  const PipelineOptions options{
      .batch = 16, .threads = 2, .select_device = std::move(device)};
  Pipeline pipeline(test::toy_pool(300), test::toy_decoder(), test::toy_model(),
                    make_strategy("k_center"), options);
  return pipeline.select(40);
}

std::vector<std::size_t> rows_of(const Selection& selection) {
  std::vector<std::size_t> rows;
  for (const auto& pick : selection) rows.push_back(pick.index);
  return rows;
}

TEST_CASE("a pipeline picks on a device what it picks without", "[graph]") {
  const Selection wanted = select_on(nullptr);
  const auto device = std::make_shared<test::MadeDevice>();
  const Selection got = select_on(device);
  CHECK(rows_of(got) == rows_of(wanted));
  CHECK(got.run.notes == wanted.run.notes);
  CHECK(device->uploads > 0);

  device->calls_left = 2;
  const Selection rest = select_on(device);
  CHECK(rows_of(rest) == rows_of(wanted));
  REQUIRE(rest.run.notes.size() == wanted.run.notes.size() + 1);
  CHECK(rest.run.notes.back().find("made:0: its memory is full") !=
        std::string::npos);
}

}  // namespace
}  // namespace quarry
