#include "quarry/core/random.hpp"

#include <bit>
#include <cmath>

#include "quarry/core/error.hpp"

namespace quarry {
namespace {

constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15;

// The finaliser of SplitMix64 (Stafford's variant 13): a bijection in which
// every input bit flips every output bit with probability one half.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// A call, so that no compiler fuses the product with a following sum: a fused
// product has other bits.
[[gnu::noinline]] double times(double a, double b) {
  return a * b;
}

// ln x for x in (0, ∞), within 3 units in the last place, from operations that
// IEEE 754 defines to the bit: x = m·2^e with m in [√½, √2), then
// ln m = 2 artanh s with s = (m − 1)/(m + 1), |s| < 0.172.
double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752) {
    m = m + m;
    --exponent;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double z = times(s, s);
  double series = 0.0;  // z/3 + z²/5 + …, to 2^-60
  for (int k = 23; k >= 3; k -= 2) series = times(z, series + 1.0 / k);
  const double log_m = 2.0 * s + times(2.0 * s, series);
  // The high part of ln 2 has zeros enough that its product with e is exact.
  constexpr double ln2_high = 0x1.62e42fee00000p-1;
  constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  const double e = exponent;
  return times(e, ln2_high) + (log_m + times(e, ln2_low));
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed) : key_(seed), state_{} {
  std::uint64_t x = seed;
  for (std::uint64_t& word : state_) word = mix(x += golden_ratio);
}

RandomStream RandomStream::derive(std::string_view name) const {
  return RandomStream(seeded_hash(key_, name));
}

RandomStream RandomStream::derive(std::uint64_t number) const {
  return RandomStream(mix(mix(key_ ^ 0x6A09E667F3BCC909) + number));
}

std::uint64_t RandomStream::operator()() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double RandomStream::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1p-53;
}

double RandomStream::uniform(double low, double high) {
  QUARRY_EXPECTS(low < high && std::isfinite(high - low),
                 "RandomStream::uniform: an empty or infinite range");
  const double x = low + times(high - low, uniform());
  return x < high ? x : std::nextafter(high, low);  // the sum may round up
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  QUARRY_EXPECTS(bound > 0, "RandomStream::below: an empty range");
  // Without the lowest 2^64 mod bound numbers, every remainder is as frequent.
  const std::uint64_t surplus = (0 - bound) % bound;
  std::uint64_t x = (*this)();
  while (x < surplus) x = (*this)();
  return x % bound;
}

double RandomStream::normal() {
  while (true) {
    const double x = 2.0 * uniform() - 1.0;
    const double y = 2.0 * uniform() - 1.0;
    const double r = times(x, x) + times(y, y);
    if (r > 0.0 && r < 1.0)
      return times(x, std::sqrt(times(-2.0, portable_log(r)) / r));
  }
}

double RandomStream::gumbel() {
  // Half a step away from 0 and 1, whose logarithms are of no use.
  const double u = (static_cast<double>((*this)() >> 12) + 0.5) * 0x1p-52;
  return -portable_log(-portable_log(u));
}

std::uint64_t seeded_hash(std::uint64_t seed, std::string_view text) {
  // The length keeps texts apart that differ only in trailing zero bytes.
  std::uint64_t hash = mix(seed + golden_ratio) ^ mix(~text.size());
  while (!text.empty()) {
    const std::string_view part = text.substr(0, 8);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto byte = static_cast<unsigned char>(part[i]);
      word |= std::uint64_t{byte} << (8 * i);
    }
    hash = mix((hash ^ word) + golden_ratio);
    text.remove_prefix(part.size());
  }
  return mix(hash + golden_ratio);
}

}  // namespace quarry
