#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace quarry {

/// A stream of pseudo-random numbers, the same on every platform, compiler and
/// thread count: xoshiro256++ (Blackman & Vigna, "Scrambled linear
/// pseudorandom number generators", ACM TOMS 2021), seeded by SplitMix64.
///
/// Independent streams are derived by name, so that adding a consumer changes
/// nobody else's numbers: `RandomStream(seed).derive("k_means")`.
///
/// It models `std::uniform_random_bit_generator`, but the distributions of the
/// standard library differ between platforms: use the members.
class RandomStream {
 public:
  using result_type = std::uint64_t;

  explicit RandomStream(std::uint64_t seed = 0);

  /// A stream that depends on this stream's seed and `name` alone, not on how
  /// much of this stream has been drawn.
  RandomStream derive(std::string_view name) const;
  RandomStream derive(std::uint64_t number) const;

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() {
    return std::numeric_limits<result_type>::max();
  }
  /// 64 random bits.
  result_type operator()();

  /// Uniform in [0, 1), 53 random bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform in {0, …, bound − 1}, without bias. Expects bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (polar method with a logarithm of our own, so that the
  /// bits do not depend on the platform's libm).
  double normal();
  /// Standard Gumbel: −ln(−ln u).
  double gumbel();

  /// A uniformly random order (Fisher–Yates).
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      using std::swap;
      swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  std::uint64_t key_;
  std::array<std::uint64_t, 4> state_;
};

/// A 64-bit hash of `text` under `seed`, the same on every platform. Ties
/// between equal scores are broken by the seeded hash of the sample's id.
std::uint64_t seeded_hash(std::uint64_t seed, std::string_view text);

}  // namespace quarry
