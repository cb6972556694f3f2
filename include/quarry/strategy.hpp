#pragma once

/// What to pick: the concepts of a strategy, the shipped ones, and how one is
/// chosen by name.

#include "quarry/strategy/adversarial/attack.hpp"      // IWYU pragma: export
#include "quarry/strategy/adversarial/bim.hpp"         // IWYU pragma: export
#include "quarry/strategy/adversarial/deep_fool.hpp"   // IWYU pragma: export
#include "quarry/strategy/any_strategy.hpp"            // IWYU pragma: export
#include "quarry/strategy/bayesian/batch_bald.hpp"     // IWYU pragma: export
#include "quarry/strategy/bayesian/consensus.hpp"      // IWYU pragma: export
#include "quarry/strategy/bayesian/epig.hpp"           // IWYU pragma: export
#include "quarry/strategy/bayesian/scores.hpp"         // IWYU pragma: export
#include "quarry/strategy/choice/advice.hpp"           // IWYU pragma: export
#include "quarry/strategy/choice/albl.hpp"             // IWYU pragma: export
#include "quarry/strategy/choice/exp4p.hpp"            // IWYU pragma: export
#include "quarry/strategy/choice/learning_curve.hpp"   // IWYU pragma: export
#include "quarry/strategy/choice/pshea.hpp"            // IWYU pragma: export
#include "quarry/strategy/combine/class_balanced.hpp"  // IWYU pragma: export
#include "quarry/strategy/combine/epsilon_greedy.hpp"  // IWYU pragma: export
#include "quarry/strategy/combine/partitioned.hpp"     // IWYU pragma: export
#include "quarry/strategy/combine/prefilter.hpp"       // IWYU pragma: export
#include "quarry/strategy/combine/round_robin.hpp"     // IWYU pragma: export
#include "quarry/strategy/combine/subpool.hpp"         // IWYU pragma: export
#include "quarry/strategy/combine/weighted.hpp"        // IWYU pragma: export
#include "quarry/strategy/committee/scores.hpp"        // IWYU pragma: export
#include "quarry/strategy/concept.hpp"                 // IWYU pragma: export
#include "quarry/strategy/density/dcom.hpp"            // IWYU pragma: export
#include "quarry/strategy/density/graph_density.hpp"   // IWYU pragma: export
#include "quarry/strategy/density/herding.hpp"         // IWYU pragma: export
#include "quarry/strategy/density/information_density.hpp"
#include "quarry/strategy/density/prob_cover.hpp"   // IWYU pragma: export
#include "quarry/strategy/distance.hpp"             // IWYU pragma: export
#include "quarry/strategy/divergence.hpp"           // IWYU pragma: export
#include "quarry/strategy/diversity/clusterer.hpp"  // IWYU pragma: export
#include "quarry/strategy/diversity/core_set.hpp"   // IWYU pragma: export
#include "quarry/strategy/diversity/k_center.hpp"   // IWYU pragma: export
#include "quarry/strategy/diversity/k_means.hpp"    // IWYU pragma: export
#include "quarry/strategy/diversity/lightweight_coreset.hpp"
#include "quarry/strategy/diversity/typiclust.hpp"    // IWYU pragma: export
#include "quarry/strategy/hybrid/alfa_mix.hpp"        // IWYU pragma: export
#include "quarry/strategy/hybrid/badge.hpp"           // IWYU pragma: export
#include "quarry/strategy/hybrid/bait.hpp"            // IWYU pragma: export
#include "quarry/strategy/hybrid/cal.hpp"             // IWYU pragma: export
#include "quarry/strategy/hybrid/cdal.hpp"            // IWYU pragma: export
#include "quarry/strategy/hybrid/cluster_margin.hpp"  // IWYU pragma: export
#include "quarry/strategy/hybrid/discriminative.hpp"  // IWYU pragma: export
#include "quarry/strategy/hybrid/drop_query.hpp"      // IWYU pragma: export
#include "quarry/strategy/hybrid/expected_error_reduction.hpp"
#include "quarry/strategy/hybrid/falcun.hpp"  // IWYU pragma: export
#include "quarry/strategy/hybrid/fass.hpp"    // IWYU pragma: export
#include "quarry/strategy/hybrid/filtered_clusters.hpp"
#include "quarry/strategy/hybrid/ranked_batch.hpp"  // IWYU pragma: export
#include "quarry/strategy/hybrid/weighted_clusters.hpp"
#include "quarry/strategy/kernel_similarity.hpp"  // IWYU pragma: export
#include "quarry/strategy/kernels/average_linkage.hpp"
#include "quarry/strategy/kernels/farthest_first.hpp"  // IWYU pragma: export
#include "quarry/strategy/kernels/k_means.hpp"         // IWYU pragma: export
#include "quarry/strategy/kernels/nearest.hpp"         // IWYU pragma: export
#include "quarry/strategy/kernels/neighbours.hpp"      // IWYU pragma: export
#include "quarry/strategy/kernels/panels.hpp"          // IWYU pragma: export
#include "quarry/strategy/kernels/row_set.hpp"         // IWYU pragma: export
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/squared_sampling.hpp"
#include "quarry/strategy/kernels/tiles.hpp"      // IWYU pragma: export
#include "quarry/strategy/multilabel/scores.hpp"  // IWYU pragma: export
#include "quarry/strategy/needs.hpp"              // IWYU pragma: export
#include "quarry/strategy/params.hpp"             // IWYU pragma: export
#include "quarry/strategy/pick.hpp"               // IWYU pragma: export
#include "quarry/strategy/pool_view.hpp"          // IWYU pragma: export
#include "quarry/strategy/prediction.hpp"         // IWYU pragma: export
#include "quarry/strategy/random.hpp"             // IWYU pragma: export
#include "quarry/strategy/registry.hpp"           // IWYU pragma: export
#include "quarry/strategy/regression/committee_std.hpp"
#include "quarry/strategy/regression/greedy.hpp"  // IWYU pragma: export
#include "quarry/strategy/regression/gsx.hpp"     // IWYU pragma: export
#include "quarry/strategy/row_kernel.hpp"         // IWYU pragma: export
#include "quarry/strategy/row_states.hpp"         // IWYU pragma: export
#include "quarry/strategy/score_block.hpp"        // IWYU pragma: export
#include "quarry/strategy/select_context.hpp"     // IWYU pragma: export
#include "quarry/strategy/select_device.hpp"      // IWYU pragma: export
#include "quarry/strategy/similarity.hpp"         // IWYU pragma: export
#include "quarry/strategy/stochastic.hpp"         // IWYU pragma: export
#include "quarry/strategy/stream/adaptive_threshold.hpp"
#include "quarry/strategy/stream/fixed_uncertainty.hpp"
#include "quarry/strategy/stream/in_order.hpp"
#include "quarry/strategy/stream/labelling_budget.hpp"
#include "quarry/strategy/stream/split.hpp"
#include "quarry/strategy/stream/variable_uncertainty.hpp"
#include "quarry/strategy/submodular/disparity.hpp"  // IWYU pragma: export
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/submodular/graph_cut.hpp"  // IWYU pragma: export
#include "quarry/strategy/submodular/greedy.hpp"     // IWYU pragma: export
#include "quarry/strategy/submodular/log_det.hpp"    // IWYU pragma: export
#include "quarry/strategy/submodular/maximise.hpp"   // IWYU pragma: export
#include "quarry/strategy/submodular/set_function.hpp"
#include "quarry/strategy/submodular/similarity_function.hpp"
#include "quarry/strategy/submodular/sparse_facility_location.hpp"
#include "quarry/strategy/top_k.hpp"            // IWYU pragma: export
#include "quarry/strategy/uncertainty/egl.hpp"  // IWYU pragma: export
#include "quarry/strategy/uncertainty/expected_cost.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"  // IWYU pragma: export

// The device of libtorch, whose header needs none of its own.
#ifdef QUARRY_HAS_TORCH
#include "quarry/strategy/torch_select_device.hpp"  // IWYU pragma: export
#endif
