// expect: Maximise: the function must model quarry::SimilarityFunction, which has name, Options, bytes\(ground, picks\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

struct NoBytes {
  static constexpr const char* name = "no_bytes";
  struct Options {};
  NoBytes(const quarry::Similarity&, Options, std::size_t) {}
  double gain(std::size_t) const { return 0.0; }
  void add(std::size_t) {}
};

quarry::Maximise<NoBytes> strategy;
