#include "pipeline/dealer.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"
#include "fakes.hpp"
#include "pipeline/fetcher.hpp"

namespace quarry::detail {
namespace {

TEST_CASE("samples are dealt in index order, without what is left out") {
  const std::size_t n = GENERATE(0, 1, 5, 12, 13);
  const std::size_t rows = GENERATE(1, 4, 100);
  const std::vector<std::size_t> left_out = GENERATE(
      std::vector<std::size_t>{}, std::vector<std::size_t>{0, 3, 4, 11});
  std::vector<std::size_t> out;
  for (const std::size_t i : left_out) {
    if (i < n) out.push_back(i);
  }
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::find(out.begin(), out.end(), i) == out.end()) wanted.push_back(i);
  }
  Dealer dealer(n, out, rows);
  REQUIRE(dealer.wanted() == wanted.size());
  std::vector<std::size_t> dealt;
  std::size_t loads = 0;
  while (const auto load = dealer.next()) {
    ++loads;
    REQUIRE(load->first == dealt.size());
    REQUIRE(load->indices.size() ==
            std::min(rows, wanted.size() - dealt.size()));
    dealt.insert(dealt.end(), load->indices.begin(), load->indices.end());
  }
  REQUIRE(dealt == wanted);
  REQUIRE(loads == dealer.loads());
  REQUIRE_FALSE(dealer.next().has_value());
}

TEST_CASE("labels are class names, or else class numbers") {
  LabelledSet set;
  set.add({"pool/0", "cat"});
  set.add({"pool/1", "1"});
  set.add({"pool/2", "2"});  // there is no such class
  set.add({"pool/3", "-1"});
  set.add({"pool/4", "1x"});
  set.add({"pool/5", ""});
  set.add({"pool/6", std::nullopt});
  set.add({"stranger", "cat"});
  const LabelledRows found =
      find_labelled(test::toy_pool(10), set, {"dog", "cat"});
  REQUIRE(found.rows == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6});
  REQUIRE(found.classes == std::vector<std::int64_t>{1, 1, -1, -1, -1, -1, -1});
  REQUIRE(found.unknown == 1);
  // A class that is called like a number is that class.
  const LabelledRows named = find_labelled(
      test::toy_pool(2), LabelledSet({{"pool/1", "0"}}), {"1", "0"});
  REQUIRE(named.classes == std::vector<std::int64_t>{1});
}

TEST_CASE("a sample that is labelled by its URI is found") {
  const auto pool = test::toy_pool(4);
  const LabelledSet set({{"", "cat", pool.sample(2).uri}});
  const LabelledRows found = find_labelled(pool, set, {"dog", "cat"});
  REQUIRE(found.rows == std::vector<std::size_t>{2});
  REQUIRE(found.classes == std::vector<std::int64_t>{1});
}

TEST_CASE("a labelled set of which the pool has nothing is another pool's") {
  const LabelledSet set({{"/pool/1", "cat"}, {"/pool/2", "cat"}});
  REQUIRE(test::error_id([&] {
            find_labelled(test::toy_pool(4), set, {"cat"});
          }) == "labelled.unknown");
  REQUIRE(find_labelled(test::toy_pool(0), set, {"cat"}).unknown == 2);
  REQUIRE(find_labelled(test::toy_pool(4), {}, {"cat"}).rows.empty());
}

TEST_CASE("a message carries 64 to 127 samples of a slab, or all it has") {
  for (const std::size_t rows : {1, 63, 64, 100, 127, 128, 129, 255, 1000}) {
    Slab slab({.spec = test::toy_spec, .batch = rows},
              std::make_shared<std::byte[]>(rows * test::toy_bytes));
    slab.take({.first = 0, .indices = std::vector<std::size_t>(rows)});
    std::size_t next = 0;
    for (const Piece& piece : pieces_of(slab)) {
      REQUIRE(piece.slab == &slab);
      REQUIRE(piece.first == next);
      REQUIRE(piece.count <= 127);
      if (rows >= 64) REQUIRE(piece.count >= 64);
      next += piece.count;
    }
    REQUIRE(next == rows);
  }
}

TEST_CASE("small batches share a slab, unless their samples are large") {
  REQUIRE(batches_per_slab(1, 3072) == 64);
  REQUIRE(batches_per_slab(7, 3072) == 10);
  REQUIRE(batches_per_slab(63, 3072) == 2);
  REQUIRE(batches_per_slab(64, 3072) == 1);
  REQUIRE(batches_per_slab(128, 3072) == 1);
  REQUIRE(batches_per_slab(1, std::size_t{1} << 20) == 16);
  REQUIRE(batches_per_slab(1, std::size_t{1} << 30) == 1);
  REQUIRE(batches_per_slab(1, 0) == 64);
}

TEST_CASE("rows that are not ready are zero when a slab is complete") {
  auto memory = std::make_shared<std::byte[]>(3 * test::toy_bytes);
  std::fill_n(memory.get(), 3 * test::toy_bytes, std::byte{9});
  Slab slab({.spec = test::toy_spec, .batch = 3, .classes = 2}, memory);
  slab.take({.first = 5, .indices = {10, 20}});
  REQUIRE(slab.position(1) == 6);
  REQUIRE(slab.index(1) == 20);
  slab.set_decoded(1);
  REQUIRE_FALSE(slab.arrived(1));
  REQUIRE(slab.arrived(1));
  for (std::size_t b = 0; b < 3 * test::toy_bytes; ++b) {
    const bool kept = b / test::toy_bytes == 1;
    REQUIRE(memory[b] == (kept ? std::byte{9} : std::byte{0}));
  }
  const std::vector<Slab::Batch> batches = slab.batches_to_infer();
  REQUIRE(batches.size() == 1);
  REQUIRE(batches[0].number == 0);
  REQUIRE(batches[0].samples == 1);
  slab.take({.first = 7, .indices = {1}});
  REQUIRE_FALSE(slab.ready(1));
  REQUIRE(slab.arrived(1));
  REQUIRE(slab.batches_to_infer().empty());
}

TEST_CASE("the batches of a slab do not overlap") {
  auto memory = std::make_shared<std::byte[]>(6 * test::toy_bytes);
  Slab slab({.spec = test::toy_spec,
             .batch = 2,
             .batches = 3,
             .classes = 4,
             .features = 5},
            memory);
  REQUIRE(slab.probabilities.rows() == 6);
  REQUIRE(slab.embeddings.cols() == 5);
  for (std::size_t b = 0; b < 3; ++b) {
    REQUIRE(slab.view(b).rows == 2);
    REQUIRE(slab.view(b).bytes.data() ==
            memory.get() + b * 2 * test::toy_bytes);
    REQUIRE(slab.view(b).bytes.size() == 2 * test::toy_bytes);
    slab.sink(b).probabilities.setConstant(static_cast<float>(b));
    slab.sink(b).embeddings.setConstant(static_cast<float>(b));
  }
  for (Eigen::Index r = 0; r < 6; ++r) {
    REQUIRE(
        (slab.probabilities.row(r).array() == static_cast<float>(r / 2)).all());
    REQUIRE(
        (slab.embeddings.row(r).array() == static_cast<float>(r / 2)).all());
  }
}

}  // namespace
}  // namespace quarry::detail
