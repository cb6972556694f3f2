#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quarry::detail {

/// Of rows of V, which rows of V they are more like than what covers those, and
/// how much at most: all that a gain of facility location depends on. As
/// coverage rises lists shrink, to some |V| / picks in a pool without clusters.
class UncoveredLists {
 public:
  /// `places[k]` of V is more like the row than the floor there, and at most
  /// `bounds[k]` so; ascending.
  struct List {
    std::vector<std::uint32_t> places = {};
    std::vector<float> bounds = {};
  };

  explicit UncoveredLists(std::size_t rows) : lists_(rows), known_(rows) {}
  static std::size_t bytes(std::size_t rows);

  /// Lists may take so many bytes more.
  void allow(std::size_t bytes);

  /// How long lists may be that are kept.
  std::size_t longest() const { return longest_; }

  bool has(std::size_t place) const { return known_[place] != 0; }
  const List& at(std::size_t place) const { return lists_[place]; }

  /// Keeps the list of a row with these bounds `[|V|]`, of which `count` are
  /// above their floors, if there is room, and it leaves room for those of
  /// other rows. Of different rows, from any thread.
  void offer(std::size_t place, std::span<const float> bounds,
             std::span<const float> floors, std::size_t count);
  /// Drops what is not above the floors any more; Σ w max(bound − floor, 0) of
  /// the rest, rounded up. Of different rows, from any thread.
  double shrink(std::size_t place, std::span<const float> floors,
                std::span<const float> weights);
  /// Shrinks all lists if there was no room for some, and there are a quarter
  /// more picks than when it last did.
  void make_room(std::span<const float> floors, std::size_t picks,
                 std::size_t threads);

 private:
  std::vector<List> lists_;
  std::vector<char> known_;    // not bits: threads write them
  std::size_t longest_ = 0;    // list that is kept
  std::size_t shrunk_at_ = 0;  // picks
  std::atomic<std::size_t> room_ = 0;
  std::atomic<bool> full_ = false;
};

}  // namespace quarry::detail
