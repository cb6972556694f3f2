// The device is a made one, whose products are off by as much as is allowed.
// Libtorch's is held to the same by tests/torch/torch_select_device_test.cpp.
#include "quarry/strategy/select_device.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/dtype.hpp"
#include "quarry/strategy/hybrid/cal.hpp"
#include "quarry/strategy/kernels/farthest_first.hpp"
#include "quarry/strategy/kernels/nearest.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "made_device.hpp"
#include "pools.hpp"
#include "select_device_cases.hpp"

using namespace quarry;
using namespace quarry::test;
using kernels::Nearest;
using kernels::RowSet;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

template <class T>
RowSet all(const std::vector<T>& x, std::size_t width) {
  return RowSet(ArrayView(x.data(), {x.size() / width, width}));
}

struct Found {
  std::vector<double> squared;
  std::vector<std::uint32_t> which, assigned;
  bool operator==(const Found&) const = default;
};

/// In two steps, and at once.
template <class T>
Found nearest_of(const std::vector<T>& x, const std::vector<T>& centres,
                 std::size_t width, SelectDevice* device) {
  const RowSet rows = all(x, width), to = all(centres, width);
  Found found{std::vector<double>(rows.size(), inf),
              std::vector<std::uint32_t>(rows.size()),
              std::vector<std::uint32_t>(rows.size())};
  const Nearest nearest(rows, 2, 0, device);
  const std::size_t some = to.size() / 3;
  nearest.update(to.part(0, some), found.squared, found.which);
  nearest.update(to.part(some, to.size() - some), found.squared, found.which,
                 some);
  nearest.assign(to, found.assigned, [] { return Flow::go_on; });
  return found;
}

std::vector<RankedPick> picks_of(const std::string& strategy,
                                 const PoolView& pool, std::size_t budget,
                                 std::shared_ptr<SelectDevice> device) {
  SelectContext context{.threads = 2};
  context.device = std::move(device);
  return select_from(make_strategy(strategy), pool, budget, context).picks;
}

}  // namespace

TEST_CASE("With a device the nearest centres are to the bit the processor's",
          "[kernels]") {
  RandomStream random(51);
  for (int trial = 0; trial < 60; ++trial) {
    const std::size_t width = 1 + random.below(trial % 2 == 0 ? 5 : 90);
    auto x = random_numbers((1 + random.below(200)) * width, random);
    auto c = random_numbers((3 + random.below(60)) * width, random);
    // Coarse numbers tie, more of them than are looked at; an offset cancels.
    for (auto* numbers : {&x, &c}) {
      for (double& value : *numbers) {
        if (trial % 3 == 0) value = std::round(value);
        if (trial % 5 == 0) value += 3e4;
      }
    }
    CAPTURE(trial, width, x.size() / width, c.size() / width);
    const auto compare = [&](const auto& rows, const auto& centres) {
      const Found wanted = nearest_of(rows, centres, width, nullptr);
      MadeDevice roomy, narrow(8 * centres.size() * sizeof(float));
      CHECK((nearest_of(rows, centres, width, &roomy) == wanted));
      CHECK((nearest_of(rows, centres, width, &narrow) == wanted));
      CHECK(roomy.take_notes().empty());
      CHECK(narrow.take_notes().empty());
    };
    compare(x, c);
    compare(std::vector<float>(x.begin(), x.end()),
            std::vector<float>(c.begin(), c.end()));
    std::vector<Half> x2, c2;
    for (const double value : x) x2.emplace_back(value);
    for (const double value : c) c2.emplace_back(value);
    compare(x2, c2);
  }
}

TEST_CASE("A device that is off by more than it may gives other centres",
          "[kernels]") {
  RandomStream random(52);
  const auto x = random_numbers(300 * 64, random);
  const auto c = random_numbers(60 * 64, random);
  MadeDevice wrong(std::size_t{1} << 30, 1e4);
  CHECK_FALSE((nearest_of(x, c, 64, &wrong) == nearest_of(x, c, 64, nullptr)));
}

TEST_CASE("With a device centres are found beyond the range of float",
          "[kernels]") {
  for (const double size : {1e18, 1e30, 1e150, 1e-25, 1e-150}) {
    RandomStream random(53);
    auto x = random_numbers(60 * 3, random);
    for (double& value : x) value *= size;
    CAPTURE(size);
    MadeDevice device;
    CHECK((nearest_of(x, x, 3, &device) == nearest_of(x, x, 3, nullptr)));
  }
  // Among common rows one that is not, and one that is no number; then centres.
  const double nan = std::nan("");
  const std::vector<double> x = {0, 1, 2, 3, 1e25, 5, nan, 7};
  for (const std::vector<double>& c :
       {std::vector<double>{0.4, 2.6, 9}, {0.4, 2.6, nan}, {0.4, 2.6, 1e25}}) {
    MadeDevice device;
    const Found got = nearest_of(x, c, 1, &device);
    const Found wanted = nearest_of(x, c, 1, nullptr);
    CHECK(got.squared == wanted.squared);
    CHECK(got.which == wanted.which);
  }
}

TEST_CASE("Lower bounds by a device lie below distances, and not far below",
          "[kernels]") {
  RandomStream random(54);
  const std::size_t width = 40;
  const auto x = random_numbers(200 * width, random);
  const auto c = random_numbers(70 * width, random);
  const RowSet rows = all(x, width), to = all(c, width);
  for (const std::size_t memory :
       {std::size_t{1} << 30, std::size_t{1} << 17}) {
    MadeDevice device(memory);
    std::vector<float> bounds(200 * 70);
    Nearest(rows, 1, 0, &device).lower_bounds(to, bounds);
    CHECK(device.take_notes().empty());
    kernels::SquaredDistance exact(rows, to);
    for (std::size_t i = 0; i < 200; ++i) {
      for (std::size_t j = 0; j < 70; ++j) {
        CHECK(bounds[j * 200 + i] <= exact(i, j));
        CHECK(bounds[j * 200 + i] >= exact(i, j) * (1 - 1e-3));
      }
    }
  }
}

TEST_CASE("Rows that a device has room for are taken there once", "[kernels]") {
  RandomStream random(55);
  const std::size_t width = 16, count = 4000;
  const auto x = random_numbers(count * width, random);
  const auto c = random_numbers(40 * width, random);
  const std::size_t bytes = count * width * sizeof(float);
  const auto uploads_of = [&](std::size_t memory) {
    MadeDevice device(memory);
    const RowSet rows = all(x, width), to = all(c, width);
    const Nearest nearest(rows, 1, 0, &device);
    std::vector<double> squared(count, inf);
    for (std::size_t j = 0; j < 40; j += 4)
      nearest.update(to.part(j, 4), squared);
    CHECK(device.take_notes().empty());
    CHECK(device.most_held <= memory * 3 / 4);
    CHECK(device.most_sums <= memory / 8);
    return device.uploads - 10;  // of centres
  };
  // Blocks are an eighth of the memory: all at once, four that stay, and of
  // twice as many half.
  CHECK(uploads_of(8 * bytes) == 1);
  CHECK(uploads_of(2 * bytes) == 4);
  CHECK(uploads_of(bytes) == 4 + 4 * 10);
}

TEST_CASE("A device gives little but the rows that come nearer to a centre",
          "[kernels]") {
  RandomStream random(56);
  const std::size_t width = 64, count = 1000;
  const auto x = random_numbers(count * width, random);
  const auto c = random_numbers(100 * width, random);
  MadeDevice device;
  const RowSet rows = all(x, width), to = all(c, width);
  const Nearest nearest(rows, 1, 0, &device);
  std::vector<double> squared(count, inf);
  nearest.update(to.part(0, 50), squared);
  CHECK(device.open == count);
  const std::vector<double> before = squared;
  nearest.update(to.part(50, 50), squared);
  std::size_t nearer = 0;
  for (std::size_t i = 0; i < count; ++i) nearer += squared[i] < before[i];
  CHECK(nearer > 100);
  CHECK(device.open - count >= nearer);
  CHECK(device.open - count <= nearer + 10);
}

TEST_CASE("With a device strategies pick what they pick without", "[kernels]") {
  for (const SelectCase& one : select_cases()) {
    CAPTURE(one.name);
    for (const char* strategy : {"k_center", "gsx", "core_set", "k_means",
                                 "typiclust", "badge", "dbal", "clue", "cal"}) {
      CAPTURE(strategy);
      const auto wanted = picks_of(strategy, one.pool(), one.budget, nullptr);
      for (const std::size_t memory : {1 << 30, 1 << 18}) {
        const auto device = std::make_shared<MadeDevice>(memory);
        const auto got = picks_of(strategy, one.pool(), one.budget, device);
        CHECK(same(got, wanted));
        CHECK((device->uploads > 0 || one.budget >= one.rows() ||
               (one.labelled.empty() && strategy == std::string("cal"))));
      }
    }
  }
}

TEST_CASE("A selection outlives a device whose memory is full", "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("k_center", one.pool(), one.budget, nullptr);
  const auto whole = std::make_shared<MadeDevice>();
  whole->calls_left = 1'000'000;
  CHECK(same(picks_of("k_center", one.pool(), one.budget, whole), wanted));
  CHECK(whole->take_notes().empty());
  const std::size_t calls = 1'000'000 - whole->calls_left;
  REQUIRE(calls > 10);
  for (const std::size_t left : {0, 1, 2, 3, 4, 7, 10}) {
    const auto device = std::make_shared<MadeDevice>();
    device->calls_left = left;
    CAPTURE(left);
    CHECK(same(picks_of("k_center", one.pool(), one.budget, device), wanted));
    CHECK(device->take_notes() ==
          std::vector<std::string>{"the processor selects in place of made:0: "
                                   "its memory is full"});
    CHECK(device->take_notes().empty());
  }
}

TEST_CASE("Centres that a device has no room for are the processor's",
          "[kernels]") {
  RandomStream random(57);
  const auto x = random_numbers(50 * 8, random);
  MadeDevice device(1000);
  CHECK((nearest_of(x, x, 8, &device) == nearest_of(x, x, 8, nullptr)));
  const auto notes = device.take_notes();
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("centres of 8 numbers") != std::string::npos);
}

TEST_CASE("A search by a device stops between blocks when asked to",
          "[kernels]") {
  const std::vector<double> x(4000, 1.0);
  std::vector<double> squared(4000, inf);
  MadeDevice device(8 * 400 * sizeof(float));  // ten blocks
  int asked = 0;
  CHECK(Nearest(all(x, 1), 1, 0, &device)
            .update(all(x, 1).part(0, 1), squared, {}, 0, [&] {
              return ++asked == 2 ? Flow::stop : Flow::go_on;
            }) == Flow::stop);
  CHECK(asked == 2);
  CHECK(squared[799] == 0.0);
  CHECK(squared[800] == inf);
}

TEST_CASE("A selection by a device ends soon after it was asked to",
          "[kernels]") {
  const SelectCase one = select_cases().front();
  for (const char* strategy : {"k_center", "gsx", "core_set", "k_means",
                               "typiclust", "badge", "dbal", "clue"}) {
    CAPTURE(strategy);
    const auto run = [&](std::size_t stop_at, std::size_t& answers) {
      std::stop_source source;
      const auto device = std::make_shared<MadeDevice>(1 << 18);
      device->slip = [&](SelectDevice::Least&) {
        if (++answers == stop_at) source.request_stop();
      };
      SelectContext context{.stop = source.get_token(), .threads = 2};
      context.device = device;
      return select_from(make_strategy(strategy), one.pool(), one.budget,
                         context);
    };
    std::size_t all = 0;
    CHECK(run(0, all).complete);
    REQUIRE(all >= 4);
    std::size_t answers = 0;
    const RankedPicks cut = run(2, answers);
    CHECK_FALSE(cut.complete);
    CHECK(cut.picks.size() < one.budget);
    CHECK(answers <= 3);
  }
}

TEST_CASE("A device is used where the limit has room for what it takes",
          "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("k_center", one.pool(), 3, nullptr);
  const auto device = std::make_shared<MadeDevice>();
  SelectContext context;
  context.device = device;
  const auto picks = [&] {
    return select_from(make_strategy("k_center"), one.pool(), 3, context).picks;
  };
  context.memory_limit = kernels::farthest_first_bytes(one.pool(), 3, context);
  CHECK(same(picks(), wanted));
  CHECK(device->uploads == 0);
  const std::size_t rows = one.rows() - one.labelled.size();
  context.memory_limit += Nearest::device_bytes(rows, 40, one.width);
  CHECK(same(picks(), wanted));
  CHECK(device->uploads > 0);
  context.memory_limit = 0;
  CHECK(error_id(picks) == "strategy.memory");
}

TEST_CASE("A device that fails is given up for the rest of a selection",
          "[kernels]") {
  const SelectCase one = select_cases().front();
  for (const char* strategy : {"k_center", "k_means", "typiclust"}) {
    CAPTURE(strategy);
    const auto wanted = picks_of(strategy, one.pool(), one.budget, nullptr);
    const auto device = std::make_shared<MadeDevice>();
    device->calls_left = 3;
    CHECK(same(picks_of(strategy, one.pool(), one.budget, device), wanted));
    CHECK(device->refused == 1);
    CHECK(device->given_up());
    CHECK(device->take_notes().size() == 1);
    CHECK_FALSE(device->given_up());
  }
}

TEST_CASE("A device with too little memory is asked for nothing again",
          "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("k_center", one.pool(), one.budget, nullptr);
  // The 40 labelled rows, of 128 bytes, do not fit in.
  for (const std::size_t memory : {std::size_t{1}, std::size_t{8 * 39 * 128}}) {
    const auto device = std::make_shared<MadeDevice>(memory);
    CAPTURE(memory);
    CHECK(same(picks_of("k_center", one.pool(), one.budget, device), wanted));
    CHECK(device->take_notes().size() == 1);
    CHECK(device->uploads == 0);
  }
}

TEST_CASE("What cannot be an answer of a device is not taken for one",
          "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("k_center", one.pool(), one.budget, nullptr);
  using Least = SelectDevice::Least;
  const std::vector<std::function<void(Least&)>> slips = {
      [](Least& l) { std::reverse(l.rows.begin(), l.rows.end()); },
      [](Least& l) { l.rows.back() = 1'000'000; },
      [](Least& l) { l.rows.push_back(l.rows.back() + 1); },
      [](Least& l) { l.columns.back() = 1'000'000; },
      [](Least& l) { l.columns.pop_back(); },
      [](Least& l) { l.sums.clear(); },
      [](Least& l) { l.sums.back() = std::nanf(""); },
      [](Least& l) { std::reverse(l.sums.begin(), l.sums.end()); },
      [](Least& l) { std::fill(l.sums.begin(), l.sums.end(), 1e30F); },
  };
  for (std::size_t i = 0; i < slips.size(); ++i) {
    CAPTURE(i);
    const auto device = std::make_shared<MadeDevice>();
    device->slip = slips[i];
    CHECK(same(picks_of("k_center", one.pool(), one.budget, device), wanted));
    const auto notes = device->take_notes();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find("is no answer") != std::string::npos);
  }
  const auto device = std::make_shared<MadeDevice>();
  device->gives_nothing = true;
  CHECK(same(picks_of("k_center", one.pool(), one.budget, device), wanted));
  CHECK(device->take_notes().size() == 1);
}

TEST_CASE("CAL compares with the labelled rows that a device finds",
          "[kernels]") {
  for (SelectCase one : select_cases()) {
    if (one.labelled.empty()) continue;
    // Many more labelled rows than neighbours, and more of them than fit in.
    one.labelled.clear();
    for (std::size_t i = 0; i < one.rows(); i += 4) one.labelled.push_back(i);
    const PoolView pool = one.pool();
    const auto check = [&](const auto& cal) {
      const auto select = [&](std::shared_ptr<SelectDevice> device) {
        SelectContext context{.threads = 2};
        context.device = std::move(device);
        return cal.select(pool, one.budget, context);
      };
      const auto wanted = select(nullptr);
      const std::size_t narrow = 8 * 20 * (one.width + 1) * sizeof(float);
      for (const std::size_t calls : {1'000'000, 0, 1, 2, 5}) {
        for (const std::size_t memory : {std::size_t{1} << 30, narrow}) {
          const auto device = std::make_shared<MadeDevice>(memory);
          device->calls_left = calls;
          CAPTURE(one.name, calls, memory);
          CHECK(same(select(device), wanted));
          CHECK(device->refused <= 1);
          CHECK(device->uploads + device->refused > 0);
          if (calls == 1'000'000) CHECK(device->take_notes().empty());
        }
      }
    };
    check(Cal<>({.k = 3}));
    check(Cal<Cosine>());
    check(Cal<>({.k = 1000}));
  }
}

TEST_CASE("BADGE draws on a device what it draws without", "[kernels]") {
  for (const SelectCase& one : select_cases()) {
    CAPTURE(one.name);
    const auto wanted = picks_of("badge", one.pool(), one.budget, nullptr);
    const auto whole = std::make_shared<MadeDevice>();
    CHECK(same(picks_of("badge", one.pool(), one.budget, whole), wanted));
    CHECK(whole->take_notes().empty());
    for (const std::size_t calls : {0, 1, 2, 3, 6, 9}) {
      const auto device = std::make_shared<MadeDevice>(1 << 18);
      device->calls_left = calls;
      CAPTURE(calls);
      CHECK(same(picks_of("badge", one.pool(), one.budget, device), wanted));
      CHECK(device->refused <= 1);
    }
  }
}

TEST_CASE("A device gives BADGE only what may have come nearer", "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto device = std::make_shared<MadeDevice>();
  picks_of("badge", one.pool(), one.budget, device);
  const std::size_t candidates = one.rows() - one.labelled.size();
  // All of them at first, and less and less in refreshes after that.
  const std::size_t refreshes = device->uploads - 1;
  CHECK(refreshes >= 7);
  CHECK(device->open < refreshes * candidates * 9 / 10);
}

TEST_CASE("A device that is off by more than it may makes BADGE draw otherwise",
          "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("badge", one.pool(), one.budget, nullptr);
  const auto device = std::make_shared<MadeDevice>(1 << 30, 1e6);
  CHECK_FALSE(same(picks_of("badge", one.pool(), one.budget, device), wanted));
}

TEST_CASE("BADGE does without a device that multiplies no parts", "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("badge", one.pool(), one.budget, nullptr);
  const auto device = std::make_shared<MadeDevice>();
  device->no_outer = true;
  CHECK(same(picks_of("badge", one.pool(), one.budget, device), wanted));
  const auto notes = device->take_notes();
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("two parts") != std::string::npos);
}

TEST_CASE("BADGE uses a device where the limit has room for it", "[kernels]") {
  const SelectCase one = select_cases().front();
  const auto wanted = picks_of("badge", one.pool(), one.budget, nullptr);
  std::size_t needed = 0;  // the least that it does with
  SelectContext context;
  const auto device = std::make_shared<MadeDevice>();
  context.device = device;
  const auto picks = [&] {
    return select_from(make_strategy("badge"), one.pool(), one.budget, context)
        .picks;
  };
  for (std::size_t step = std::size_t{1} << 30; step != 0; step /= 2) {
    context.memory_limit = needed + step;
    if (!error_id(picks).empty()) needed += step;
  }
  device->uploads = 0;
  context.memory_limit = needed + 1;
  CHECK(same(picks(), wanted));
  CHECK(device->uploads == 0);
  context.memory_limit = needed + (std::size_t{64} << 20);
  CHECK(same(picks(), wanted));
  CHECK(device->uploads > 0);
}

TEST_CASE("With a device the typical rows of large clusters are the same",
          "[kernels]") {
  for (const SelectCase& one : select_cases()) {
    std::vector<std::int64_t> clusters;
    for (std::size_t i = 0; i < one.rows(); ++i) clusters.push_back(i % 5 == 0);
    PoolView::Parts parts;
    const PoolView plain = one.pool();
    parts.rows = one.rows();
    parts.inputs = {
        {inputs::embeddings, plain.input(inputs::embeddings)},
        {inputs::clusters, ArrayView(clusters.data(), {one.rows()})}};
    parts.candidates = {plain.candidates().begin(), plain.candidates().end()};
    parts.labelled = one.labelled;
    parts.keys = {plain.keys().begin(), plain.keys().end()};
    const PoolView pool(std::move(parts));
    CAPTURE(one.name);
    const auto wanted = picks_of("typiclust", pool, 40, nullptr);
    const auto device = std::make_shared<MadeDevice>();
    CHECK(same(picks_of("typiclust", pool, 40, device), wanted));
    const auto many =
        std::count_if(plain.candidates().begin(), plain.candidates().end(),
                      [&](std::size_t row) { return clusters[row] == 0; });
    CHECK((device->uploads > 0) == (many >= 512));
    CHECK(device->take_notes().empty());
  }
}
