#include "data/read_ahead.hpp"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

constexpr std::uint64_t member_size = 100;

/// Files of members side by side, and a host that answers when it is told to.
struct Host {
  std::size_t files;
  std::size_t members;  ///< of a file
  std::uint64_t gap = 0;
  std::shared_ptr<ReadAhead> ahead = std::make_shared<ReadAhead>(10'000);
  std::vector<std::pair<ReadAhead::Block, ReadDone>> asked = {};
  std::map<std::size_t, std::string> got = {};
  std::size_t alone = 0;

  Host(std::size_t files_, std::size_t members_, std::uint64_t gap_ = 0)
      : files(files_), members(members_), gap(gap_) {
    for (std::size_t i = 0; i < files * members; ++i) {
      ahead->add(i, i / members, offset_of(i), member_size);
    }
  }

  std::uint64_t offset_of(std::size_t i) const {
    return (i % members) * (member_size + gap);
  }
  /// The bytes that a file has from `offset` on.
  static std::string bytes(std::size_t file, std::uint64_t offset,
                           std::uint64_t size) {
    std::string text;
    for (std::uint64_t at = offset; at < offset + size; ++at) {
      text += static_cast<char>(file * 31 + at * 7 + at / 256);
    }
    return text;
  }
  std::string expected(std::size_t i) const {
    return bytes(i / members, offset_of(i), member_size);
  }

  void read(std::size_t i) {
    ReadDone done = [this, i](Result<Bytes> bytes) {
      got[i] = bytes.ok() ? std::string(bytes->text())
                          : std::string(bytes.error().id.text());
    };
    const bool by_block =
        ahead->read(i, offset_of(i), member_size, done,
                    [&](const ReadAhead::Block& block, ReadDone arrived) {
                      asked.emplace_back(block, std::move(arrived));
                    });
    if (!by_block) {
      ++alone;
      done(Bytes::take(expected(i)));
    }
  }
  void answer() {
    auto open = std::exchange(asked, {});
    for (auto& [block, arrived] : open) {
      arrived(Bytes::take(bytes(block.file, block.offset, block.size)));
    }
  }
};

}  // namespace

TEST_CASE(
    "members read in order come in blocks, with the bytes that are theirs") {
  for (const std::uint64_t gap : {std::uint64_t{0}, std::uint64_t{28}}) {
    Host host(3, 1000, gap);
    std::size_t requests = 0;
    for (std::size_t i = 0; i < 3000; ++i) {
      host.read(i);
      if (i % 256 == 255 || i == 2999) {
        requests += host.asked.size();
        host.answer();
      }
    }
    host.answer();
    REQUIRE(host.got.size() == 3000);
    for (std::size_t i = 0; i < 3000; ++i) {
      REQUIRE(host.got[i] == host.expected(i));
    }
    CHECK(host.alone <= 16);
    CHECK(requests >= 30);
    CHECK(requests <= 45);
  }
}

TEST_CASE("members read in about their order come in blocks") {
  Host host(1, 5000);
  std::mt19937 random(4);
  std::vector<std::size_t> order(5000);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = 0; i + 300 < order.size(); i += 300) {
    std::shuffle(order.begin() + static_cast<long>(i),
                 order.begin() + static_cast<long>(i + 300), random);
  }
  std::size_t requests = 0;
  for (const std::size_t i : order) {
    host.read(i);
    requests += host.asked.size();
    host.answer();
  }
  for (std::size_t i = 0; i < 5000; ++i)
    REQUIRE(host.got[i] == host.expected(i));
  CHECK(host.alone <= 16);
  CHECK(requests <= 60);
}

TEST_CASE("members read here and there come alone") {
  Host host(20, 5000);
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) host.read(random() % 100'000);
  CHECK(host.asked.empty());
  CHECK(host.alone == 2000);
}

TEST_CASE("of a pool of which little is wanted, little is read") {
  Host host(20, 5000);
  for (std::size_t i = 0; i < 100'000; i += 50) host.read(i);
  CHECK(host.asked.empty());
  CHECK(host.alone == 2000);
  // One in two is not little.
  host.alone = 0;
  for (std::size_t i = 0; i < 100'000; i += 2) {
    host.read(i);
    host.answer();
  }
  CHECK(host.alone < 100);
}

TEST_CASE("members that are large, far apart or few come alone") {
  Host large(1, 100, 65'537);
  for (std::size_t i = 0; i < 100; ++i) large.read(i);
  CHECK(large.alone == 100);
  // Three to a file.
  Host few(50, 3);
  for (std::size_t i = 0; i < 150; ++i) few.read(i);
  CHECK(few.alone == 150);
}

TEST_CASE("a block that fails fails who waits, and is asked for again") {
  Host host(1, 1000);
  for (std::size_t i = 0; i < 50; ++i) host.read(i);
  REQUIRE_FALSE(host.asked.empty());
  for (auto& [block, arrived] : std::exchange(host.asked, {})) {
    arrived(Failure{"net.broken", "broken"});
  }
  CHECK(host.got[49] == "net.broken");
  host.read(49);
  REQUIRE_FALSE(host.asked.empty());
  host.answer();
  CHECK(host.got[49] == host.expected(49));
}

TEST_CASE("what is read twice, or from many threads, is the same") {
  auto host = std::make_unique<Host>(2, 2000);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < 4000; ++i) {
      host->read(i);
      host->answer();
    }
  }
  for (std::size_t i = 0; i < 4000; ++i) {
    REQUIRE(host->got[i] == host->expected(i));
  }
  // Answered at once, on whatever thread asks.
  const Host& files = *host;
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> wrong = 0;
  std::atomic<std::size_t> done_count = 0;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < 4000; i += 4) {
        ReadDone done = [&, i](Result<Bytes> bytes) {
          if (!bytes.ok() || bytes->text() != files.expected(i)) ++wrong;
          ++done_count;
        };
        if (!files.ahead->read(
                i, files.offset_of(i), member_size, done,
                [](const ReadAhead::Block& block, ReadDone arrived) {
                  arrived(Bytes::take(
                      Host::bytes(block.file, block.offset, block.size)));
                })) {
          done(Bytes::take(files.expected(i)));
        }
      }
    });
  }
  threads.clear();
  CHECK(wrong == 0);
  CHECK(done_count == 4000);
}
