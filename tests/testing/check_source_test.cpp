#include "quarry/testing/check_source.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "toy_async_source.hpp"

namespace quarry {
namespace {

using testing::check_source;
using testing::LawReport;

/// A source that keeps all laws, for others to break one of them.
struct Good {
  std::size_t size() const { return 6; }
  Sample sample(std::size_t i) const {
    return {.id = std::to_string(i), .uri = {}};
  }
  Result<Bytes> read(std::size_t i) const {
    return Bytes::take(std::to_string(i));
  }
};

/// Whether one violation is reported, and it holds `words`.
bool reports(const LawReport& report, const std::string& words) {
  INFO(report.text());
  CHECK(report.violations.size() == 1);
  CHECK(report.text().find(words) != std::string::npos);
  CHECK_FALSE(report.ok());
  return true;
}

TEST_CASE("a source that keeps the laws has no violations") {
  CHECK(check_source(Good{}).text() == "");
  CHECK(check_source(Good{}).ok());
  CHECK(check_source(test::ToyAsyncSource{}).text() == "");
  CHECK(check_source(test::ToyAsyncSource{0}).text() == "");
}

TEST_CASE("ids that are empty or come twice are reported") {
  struct Twice : Good {
    Sample sample(std::size_t i) const { return Good::sample(i % 4); }
  };
  reports(check_source(Twice{}),
          "ids are unique: samples 0 and 4 are both \"0\" (and 1 more)");
  struct Empty : Good {
    Sample sample(std::size_t i) const {
      return i == 3 ? Sample{} : Good::sample(i);
    }
  };
  reports(check_source(Empty{}), "ids are not empty: i = 3");
}

TEST_CASE("a sample that changes is reported") {
  struct Changing : Good {
    std::shared_ptr<std::atomic<int>> calls =
        std::make_shared<std::atomic<int>>(0);
    Sample sample(std::size_t i) const {
      Sample sample = Good::sample(i);
      if (i == 2) sample.truth = std::to_string(++*calls);
      return sample;
    }
  };
  reports(check_source(Changing{}), "sample(i) == sample(i): i = 2");
}

TEST_CASE("a size that changes is reported") {
  struct Growing : Good {
    std::shared_ptr<std::size_t> calls = std::make_shared<std::size_t>(3);
    std::size_t size() const { return ++*calls; }
  };
  const LawReport report = check_source(Growing{});
  CHECK(report.text().find("size() is constant: 4, then 5") !=
        std::string::npos);
}

TEST_CASE("a version that does not tell bytes apart is reported") {
  struct Alike : Good {
    std::string version(std::size_t i) const {
      return i == 2 ? "of 1" : "of " + std::to_string(i);
    }
  };
  reports(check_source(Alike{}),
          "samples of one version have equal bytes: 1 1 bytes, 2 1 bytes");
  struct Throwing : Good {
    std::string version(std::size_t i) const {
      if (i == 4) throw std::runtime_error("lost");
      return std::to_string(i);
    }
  };
  reports(check_source(Throwing{}), "version(i) never throws: i = 4");
}

TEST_CASE("bytes that change are reported") {
  struct Changing : Good {
    std::shared_ptr<std::atomic<int>> calls =
        std::make_shared<std::atomic<int>>(0);
    Result<Bytes> read(std::size_t i) const {
      return i == 1 ? Bytes::take(std::to_string(++*calls)) : Good::read(i);
    }
  };
  const LawReport report = check_source(Changing{});
  CHECK(report.text().find("read(i) again gives what the first read gave: "
                           "i = 1") != std::string::npos);
}

TEST_CASE("a failure where there were bytes is reported") {
  struct Failing : Good {
    std::shared_ptr<std::atomic<int>> calls =
        std::make_shared<std::atomic<int>>(0);
    Result<Bytes> read(std::size_t i) const {
      if (i == 1 && ++*calls == 2) return Failure{"file.read", "now not"};
      return Good::read(i);
    }
  };
  reports(check_source(Failing{}), "i = 1 1 bytes, then the failure file.read");
}

TEST_CASE("an exception is reported with its text") {
  struct Throwing : Good {
    Result<Bytes> read(std::size_t i) const {
      if (i == 4) throw std::runtime_error("thrown here");
      return Good::read(i);
    }
  };
  CHECK(check_source(Throwing{})
            .text()
            .find("read(i) never throws: i = 4 "
                  "threw: thrown here") != std::string::npos);
  struct ThrowingSample : Good {
    Sample sample(std::size_t i) const {
      if (i == 4) throw 4;
      return Good::sample(i);
    }
  };
  reports(check_source(ThrowingSample{}), "sample(i) never throws: i = 4");
}

/// Holds threads back until it is opened.
struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  bool open = false;
  int waiting = 0;

  void pass() {
    std::unique_lock lock(mutex);
    ++waiting;
    opened.wait(lock, [&] { return open; });
    --waiting;
    opened.notify_all();
  }
  void release() {
    std::unique_lock lock(mutex);
    open = true;
    opened.notify_all();
    opened.wait(lock, [&] { return waiting == 0; });
  }
};

TEST_CASE("a read that blocks for ever is reported, and checking returns") {
  struct Blocking : Good {
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    Result<Bytes> read(std::size_t i) const {
      if (i == 2) gate->pass();
      return Good::read(i);
    }
  };
  const Blocking source;
  reports(check_source(source, {.patience = std::chrono::milliseconds(50)}),
          "read(i) returns: i = 2 has not");
  source.gate->release();
}

TEST_CASE("a done that is called twice or never is reported") {
  struct Twice : Good {
    void read_async(std::size_t i, ReadDone done) const {
      done(read(i));
      if (i == 3) done(read(i));
    }
  };
  reports(check_source(Twice{}),
          "read_async(i, done) calls done exactly once: i = 3 2 times");
  struct Never : Good {
    void read_async(std::size_t i, ReadDone done) const {
      if (i != 3) done(read(i));
    }
  };
  reports(check_source(Never{}, {.patience = std::chrono::milliseconds(50)}),
          "read_async(i, done) returns: i = 3 has not");
}

TEST_CASE("asynchronous bytes that differ are reported") {
  struct Other : Good {
    void read_async(std::size_t i, ReadDone done) const {
      done(Bytes::take("other"));
      (void)i;
    }
  };
  reports(check_source(Other{}),
          "read_async(i, done) gives what the first read gave: i = 0 1 bytes, "
          "then 5 bytes (and 5 more)");
}

TEST_CASE("a large source is read in samples spread over it") {
  struct Large : Good {
    std::shared_ptr<std::atomic<std::size_t>> reads =
        std::make_shared<std::atomic<std::size_t>>(0);
    std::shared_ptr<std::atomic<std::size_t>> last =
        std::make_shared<std::atomic<std::size_t>>(0);
    std::size_t size() const { return 1000; }
    Result<Bytes> read(std::size_t i) const {
      ++*reads;
      *last = std::max(last->load(), i);
      return Good::read(i);
    }
  };
  const Large source;
  CHECK(check_source(source, {.samples = 10}).ok());
  CHECK(*source.reads == 50);
  CHECK(*source.last == 900);
}

}  // namespace
}  // namespace quarry
