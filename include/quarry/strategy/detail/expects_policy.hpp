#pragma once

/// What a template says of a policy that is none, in one sentence: which member
/// is missing, of which concept, and where to read on. `who` is a literal, the
/// name of the template.

#define QUARRY_EXPECTS_ROW_DISTANCE(who, Distance)                       \
  static_assert(                                                         \
      ::quarry::RowDistance<Distance>, who                               \
      ": the distance must model quarry::RowDistance, which has "        \
      "reduced(a, b) const -> double for rows of floats and of doubles " \
      "and distance(r) const -> double; see docs/concepts/policies.md")

#define QUARRY_EXPECTS_ROW_KERNEL(who, Kernel)                              \
  static_assert(                                                            \
      ::quarry::RowKernel<Kernel>, who                                      \
      ": the kernel must model quarry::RowKernel, which has "               \
      "similarity(ab, aa, bb) const -> double and a static bool "           \
      "unit_rows, or similarity(a, b) const -> double for rows of doubles;" \
      " see docs/concepts/policies.md")

#define QUARRY_EXPECTS_CLUSTERER(who, Clusters)                             \
  static_assert(::quarry::Clusterer<Clusters>, who                          \
                ": the clusterer must model quarry::Clusterer, which has "  \
                "cluster(task) const -> quarry::kernels::Clusters and "     \
                "bytes(rows, k, width, threads) const -> std::size_t; see " \
                "docs/concepts/policies.md")

#define QUARRY_EXPECTS_ROW_SCORE(who, Score)                                 \
  static_assert(::quarry::RowScore<Score>, who                               \
                ": the score must model quarry::RowScore, which has "        \
                "score(prediction) const -> double and a static needs() -> " \
                "quarry::Needs; see docs/concepts/policies.md")

#define QUARRY_EXPECTS_SET_FUNCTION(who, Function)                          \
  static_assert(::quarry::SetFunction<Function>, who                        \
                ": the function must model quarry::SetFunction, which has " \
                "gain(row) const -> double and add(row) -> void; see "      \
                "docs/concepts/policies.md")
