#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "quarry/model/predictions.hpp"

namespace quarry {

/// Decoded samples and their classes, in memory.
struct TrainingSet {
  SlabView samples;                      ///< N rows
  std::span<const std::int64_t> labels;  ///< N class indices in [0, C)
};

/// What one epoch reported.
struct EpochReport {
  std::size_t epoch = 0;   ///< from 1
  std::size_t epochs = 0;  ///< how many there will be
  double loss = 0.0;       ///< mean training loss of the epoch
  double accuracy = 0.0;   ///< training accuracy of the epoch, 0 … 1
};

/// How to train: SGD with Nesterov momentum on the cross-entropy. Over the
/// steps of all epochs the learning rate rises from a 25th of the peak along a
/// half cosine (the first 30 %), then falls to a thousandth of it (Smith,
/// Topin, "Super-Convergence", 2018). Batches differ in size by one at most.
struct FitOptions {
  std::size_t epochs = 20;  ///< ≥ 1
  /// At most so many samples; ≥ 1. As batch norm cannot learn from one sample,
  /// 1 and 2 stand for batches of two, of which an odd set has one of three.
  std::size_t batch = 64;
  double learning_rate = 0.05;  ///< peak; > 0
  double momentum = 0.9;        ///< [0, 1)
  double weight_decay = 5e-4;  ///< of matrices and kernels, not of biases; ≥ 0
  bool flip = true;            ///< random horizontal flips
  /// Random crops after so many black pixels are added around; 0 … 1024.
  std::size_t crop_padding = 4;
  std::uint64_t seed = 0;     ///< order, flips, crops
  std::stop_token stop = {};  ///< checked once a batch
  /// Called once an epoch, on the calling thread. What it throws ends the
  /// training, and `fit` throws it on.
  std::function<void(const EpochReport&)> on_epoch = {};

  /// Raises `fit.option` naming field, value and constraint.
  void validate() const;
};

/// What came of it.
struct FitReport {
  std::vector<EpochReport> epochs;
  bool stopped = false;  ///< the stop token ended it early
  double seconds = 0.0;  ///< wall time
  std::size_t samples = 0;
  std::uint64_t seed = 0;

  /// "20 epochs on 500 samples in 3.1 s, loss 0.21, accuracy 0.94"
  std::string brief_report() const;
};

}  // namespace quarry
