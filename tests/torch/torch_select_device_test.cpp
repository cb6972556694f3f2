// Libtorch on the processor takes the way of any device; on a GPU the same
// cases run where there is one.
#include "quarry/strategy/torch_select_device.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Context.h>

#include "quarry/core/random.hpp"
#include "quarry/model/torch_runtime.hpp"
#include "quarry/strategy/kernels/neighbours.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "select_device_cases.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

std::vector<float> numbers(std::size_t count, RandomStream& random) {
  std::vector<float> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(static_cast<float>(random.normal()));
  return made;
}

/// Every product of a device against one in double, in units of what it may be
/// off by.
double worst_product(SelectDevice& device, std::size_t width) {
  RandomStream random(91);
  const std::size_t rows = 300, columns = 200;
  const std::vector<float> x = numbers(rows * width, random);
  const std::vector<float> y = numbers(columns * width, random);
  const std::vector<float> none(columns, 0.0F);
  const auto left = device.upload(x, width), right = device.upload(y, width);
  std::vector<float> s((rows - 10) * columns);
  device.all({*left, 10, rows - 10, *right, none}, s);
  double worst = 0.0;
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t i = 0; i + 10 < rows; ++i) {
      double product = 0.0, size = 0.0;
      for (std::size_t k = 0; k < width; ++k) {
        const double term =
            double{x[(i + 10) * width + k]} * double{y[j * width + k]};
        product += term;
        size += std::abs(term);
      }
      const double gamma = static_cast<double>(width) * 0x1p-24;
      const double off =
          std::abs(double{s[j * (rows - 10) + i]} / -2 - product);
      worst = std::max(worst, off / (gamma / (1 - gamma) * size));
    }
  }
  return worst;
}

/// Sums that are whole numbers, so that nothing is rounded.
void check_least(SelectDevice& device) {
  const std::vector<float> x = {1, 0, 0, 1, 2, 2, -1, 3};
  const std::vector<float> y = {1, 1, 0, -1, 3, 0};
  const std::vector<float> norms = {2, 1, 9};
  const auto left = device.upload(x, 2), right = device.upload(y, 2);
  // s: [0 1 3] [0 3 9] [-6 5 -3] [-2 7 15] of rows 0 to 3.
  const auto found = device.least({*left, 1, 3, *right, norms},
                                  std::vector<float>{0, -2, 100}, 2);
  CHECK(found.rows == std::vector<std::uint32_t>{1, 2});
  CHECK(found.columns == std::vector<std::uint32_t>{0, 2, 0, 1});
  CHECK(found.sums == std::vector<float>{-6, -3, -2, 7});
  const auto few =
      device.least({*left, 0, 1, *right, norms}, std::vector<float>{1}, 9);
  CHECK(few.columns == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(few.sums == std::vector<float>{0, 1, 3});
  const auto none = device.least({*left, 0, 4, *right, norms},
                                 std::vector<float>{0, 0, -6, -2}, 2);
  CHECK(none.rows.empty());
  CHECK(none.sums.empty());
  // The products of first numbers times those of second ones.
  const std::vector<float> z = {2, 1, 1, 3, -1, 1};
  const auto third = device.upload(z, 2);
  // s: [−2 −5 11] [2 1 9]
  const std::vector<float> w = {1, 1, 2, 0};
  const auto both = device.upload(w, 2);
  const auto outer = device.least_outer({*both, 0, 2, *third, norms}, 1,
                                        std::vector<float>{0, 0}, 2);
  CHECK(outer.rows == std::vector<std::uint32_t>{0});
  CHECK(outer.columns == std::vector<std::uint32_t>{1, 0});
  CHECK(outer.sums == std::vector<float>{-5, -2});
}

std::vector<RankedPick> picks_of(const std::string& strategy,
                                 const SelectCase& one, std::size_t threads,
                                 std::shared_ptr<SelectDevice> device) {
  SelectContext context{.threads = threads};
  context.device = std::move(device);
  return select_from(make_strategy(strategy), one.pool(), one.budget, context)
      .picks;
}

void check_picks(const std::string& device) {
  const auto check = [&](const char* strategy, const SelectCase& one,
                         std::size_t threads, std::size_t memory) {
    CAPTURE(strategy, one.name, threads, memory);
    const auto there =
        torch_select_device({.device = device, .memory = memory});
    CHECK(same(picks_of(strategy, one, threads, there),
               picks_of(strategy, one, 1, nullptr)));
    CHECK(there->take_notes().empty());
  };
  constexpr std::size_t roomy = std::size_t{4} << 30, narrow = 1 << 20;
  for (const SelectCase& one : select_cases()) {
    for (const std::size_t threads : {1, 2, 7})
      check("k_center", one, threads, roomy);
    check("k_center", one, 2, narrow);
    check("k_means", one, 2, narrow);
    for (const std::size_t threads : {1, 7})
      check("badge", one, threads, roomy);
    check("badge", one, 2, narrow);
  }
  RandomStream random(92);
  const std::vector<float> x = numbers(900 * 48, random);
  const kernels::RowSet rows(ArrayView(x.data(), {900, 48}));
  const auto there = torch_select_device({.device = device});
  const auto got = kernels::nearest_neighbours(rows, 20, 2, there.get());
  const auto wanted = kernels::nearest_neighbours(rows, 20, 2);
  CHECK(std::equal(got.begin(), got.end(), wanted.begin(), wanted.end(),
                   [](const auto& a, const auto& b) {
                     return a.index == b.index && a.squared == b.squared;
                   }));
  CHECK(there->take_notes().empty());
}

}  // namespace

TEST_CASE("libtorch finds the least sums of rows below their limits") {
  const auto device = torch_select_device({.device = "cpu"});
  CHECK(device->name() == "cpu");
  CHECK(device->memory() == std::size_t{4} << 30);
  check_least(*device);
}

TEST_CASE("products of libtorch are as close as a device's have to be") {
  const auto device = torch_select_device({.device = "cpu"});
  for (const std::size_t width : {1, 3, 64, 1000}) {
    CAPTURE(width);
    CHECK(worst_product(*device, width) <= 1.0);
  }
}

TEST_CASE("with libtorch as the device selections are the processor's") {
  check_picks("cpu");
}

TEST_CASE("products in less than float are found out, or are taken in float") {
  at::globalContext().setFloat32MatmulPrecision("medium");
  double worst = 0.0;
  const std::string id = error_id([&] {
    worst = worst_product(*torch_select_device({.device = "cpu"}), 64);
  });
  at::globalContext().setFloat32MatmulPrecision("highest");
  CHECK((id == "strategy.device" || (id.empty() && worst <= 1.0)));
}

TEST_CASE("a device that is not there is an error, or no device") {
  CHECK(error_id([] { torch_select_device({.device = "tpu"}); }) ==
        "model.device");
  CHECK(error_id([] { torch_select_device({.device = "cpu", .memory = 5}); }) ==
        "strategy.device");
  const bool gpu = torch_runtime_info().devices.back().usable &&
                   torch_runtime_info().devices.size() > 1;
  CHECK((torch_select_device() != nullptr) == gpu);
}

TEST_CASE("on a GPU selections are the processor's", "[gpu]") {
  if (torch_runtime_info().devices.size() < 2 ||
      !torch_runtime_info().devices.back().usable) {
    WARN("there is no GPU here");
    return;
  }
  const auto device = torch_select_device({.device = "cuda"});
  check_least(*device);
  for (const std::size_t width : {1, 3, 64, 1000}) {
    CAPTURE(width);
    CHECK(worst_product(*device, width) <= 1.0);
  }
  at::globalContext().setAllowTF32CuBLAS(true);
  CHECK(worst_product(*torch_select_device({.device = "cuda"}), 64) <= 1.0);
  check_picks("cuda");
  at::globalContext().setAllowTF32CuBLAS(false);
}
