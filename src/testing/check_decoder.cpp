#include "quarry/testing/check_decoder.hpp"

#include <algorithm>
#include <exception>
#include <future>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"

#include "testing/violations.hpp"

namespace quarry::testing {
namespace {

constexpr std::size_t guard_bytes = 256;
constexpr std::byte guard{0xa5};

/// What one decode did.
struct DecodeOutcome {
  bool decoded = false;
  bool threw = false;
  bool guards_hold = true;
  std::string what = {};  ///< the failure's id, or the exception
  std::vector<std::byte> row = {};

  bool same_as(const DecodeOutcome& other) const {
    return decoded == other.decoded && threw == other.threw &&
           what == other.what && row == other.row;
  }
  std::string text() const {
    if (decoded) return "a row";
    return (threw ? "an exception, " : "the failure ") + what;
  }
};

/// Decodes into a row that is full of `before`, between guards.
DecodeOutcome decode(const AnyDecoder& decoder, std::size_t size,
                     const Bytes& bytes, std::byte before) {
  std::vector<std::byte> memory(size + 2 * guard_bytes, guard);
  const std::span row = std::span(memory).subspan(guard_bytes, size);
  std::fill(row.begin(), row.end(), before);
  DecodeOutcome outcome;
  try {
    const auto result = decoder.decode(bytes, row);
    outcome.decoded = result.ok();
    if (!result) outcome.what = result.error().id.text();
  } catch (const std::exception& error) {
    outcome.threw = true;
    outcome.what = error.what();
  } catch (...) {
    outcome.threw = true;
    outcome.what = "not derived from std::exception";
  }
  const auto intact = [](std::byte byte) {
    return byte == guard;
  };
  outcome.guards_hold =
      std::all_of(memory.begin(), memory.begin() + guard_bytes, intact) &&
      std::all_of(memory.end() - guard_bytes, memory.end(), intact);
  if (outcome.decoded) outcome.row.assign(row.begin(), row.end());
  return outcome;
}

/// `bytes` damaged in one of several ways, and what was done to them.
std::pair<std::vector<std::byte>, std::string> damage(
    std::span<const std::byte> bytes, RandomStream& random) {
  std::vector<std::byte> hurt(bytes.begin(), bytes.end());
  if (hurt.empty()) return {hurt, "no bytes"};
  const std::size_t at = random.below(hurt.size());
  const std::size_t length =
      1 + random.below(std::min<std::size_t>(64, hurt.size() - at));
  const auto first = hurt.begin() + static_cast<std::ptrdiff_t>(at);
  const auto last = first + static_cast<std::ptrdiff_t>(length);
  const std::string place =
      std::to_string(length) + " bytes from byte " + std::to_string(at);
  switch (random.below(6)) {
    case 0:
      hurt.resize(at);
      return {hurt, "cut off after " + std::to_string(at) + " bytes"};
    case 1:
      *first ^= std::byte{1} << random.below(8);
      return {hurt, "a bit of byte " + std::to_string(at) + " flipped"};
    case 2:
      std::generate(first, last, [&] { return std::byte(random() & 0xff); });
      return {hurt, place + " overwritten at random"};
    case 3: {
      const std::byte value =
          random.below(2) == 0 ? std::byte{0} : std::byte{0xff};
      std::fill(first, last, value);
      return {hurt, place + " overwritten with one value"};
    }
    case 4:
      hurt.erase(first, last);
      return {hurt, place + " removed"};
    default: {
      const std::vector<std::byte> again(first, last);
      hurt.insert(last, again.begin(), again.end());
      return {hurt, place + " repeated"};
    }
  }
}

class DecoderChecker {
 public:
  explicit DecoderChecker(const AnyDecoder& decoder)
      : decoder_(decoder), spec_(decoder.spec()) {}

  LawReport run(const std::vector<Bytes>& inputs,
                const CheckDecoderOptions& options) {
    if (spec_.shape.empty() || spec_.bytes() == 0) {
      add("spec() has at least one element", "it has none");
      return violations_.report();
    }
    RandomStream random = RandomStream(options.seed).derive("check_decoder");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::string name = "input " + std::to_string(i);
      if (!check(inputs[i], name)) add("a good input decodes", name);
      for (std::size_t d = 0; d < options.damaged; ++d) {
        auto [hurt, how] = damage(inputs[i].span(), random);
        check(Bytes::take(std::move(hurt)), name + ", " + how);
      }
    }
    check(Bytes(), "no bytes");
    for (const std::size_t size : {1, 2, 3, 8, 100, 10'000}) {
      std::vector<std::byte> noise(size);
      std::generate(noise.begin(), noise.end(),
                    [&] { return std::byte(random() & 0xff); });
      check(Bytes::take(std::move(noise)),
            std::to_string(size) + " random bytes");
    }
    check_threads(inputs);
    if (decoder_.spec() != spec_) add("spec() is constant", "it changed");
    return violations_.report();
  }

 private:
  void add(std::string_view law, const std::string& where) {
    violations_.add(law, where);
  }

  /// Whether the bytes decode.
  bool check(const Bytes& bytes, const std::string& name) {
    const DecodeOutcome once =
        decode(decoder_, spec_.bytes(), bytes, std::byte{0x00});
    const DecodeOutcome twice =
        decode(decoder_, spec_.bytes(), bytes, std::byte{0xff});
    if (!once.guards_hold || !twice.guards_hold)
      add("nothing outside the row is written", name);
    if (once.threw) {
      add("nothing raises", name + ": " + once.what);
    } else if (!once.decoded && !once.what.starts_with("decode.")) {
      add("a failure is decode.*", name + ": " + once.what);
    }
    if (once.decoded && twice.decoded) {
      if (once.row != twice.row)
        add("the whole row is written, the same each time", name);
    } else if (!once.same_as(twice)) {
      add("equal bytes give equal results",
          name + ": " + once.text() + ", then " + twice.text());
    }
    return once.decoded;
  }

  /// All inputs on four threads at once, each thread beginning elsewhere.
  void check_threads(const std::vector<Bytes>& inputs) {
    constexpr std::size_t threads = 4;
    const auto all_from = [&](std::size_t start) {
      std::vector<DecodeOutcome> outcomes(inputs.size());
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::size_t k = (start + i) % inputs.size();
        outcomes[k] =
            decode(decoder_, spec_.bytes(), inputs[k], std::byte{0x00});
      }
      return outcomes;
    };
    const std::vector<DecodeOutcome> alone = all_from(0);
    std::vector<std::future<std::vector<DecodeOutcome>>> running;
    for (std::size_t t = 0; t < threads; ++t) {
      running.push_back(std::async(std::launch::async, all_from,
                                   t * inputs.size() / threads));
    }
    for (auto& thread : running) {
      const std::vector<DecodeOutcome> together = thread.get();
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!together[i].same_as(alone[i]))
          add("threads do not disturb each other",
              "input " + std::to_string(i));
      }
    }
  }

  const AnyDecoder& decoder_;
  SampleSpec spec_;
  Violations violations_;
};

}  // namespace

LawReport check_decoder(const AnyDecoder& decoder,
                        const std::vector<Bytes>& inputs,
                        const CheckDecoderOptions& options) {
  QUARRY_EXPECTS(!inputs.empty(), "check_decoder needs at least one input");
  return DecoderChecker(decoder).run(inputs, options);
}

}  // namespace quarry::testing
