#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/row_states.hpp"

/// A pool that is made up: ten Gaussian classes, and what models say of them.
class MadeUp {
 public:
  static constexpr std::size_t classes = 10;
  static constexpr std::size_t targets = 20;  // of `target_probs_mc`
  static constexpr std::size_t outputs = 4;   // of a regressor, or members

  /// Embeddings, as halves or floats, and probabilities; nothing else yet.
  MadeUp(std::size_t rows, std::size_t width, bool half, std::size_t passes)
      : rows_(rows), width_(width), passes_(passes) {
    std::vector<float> means = normals(classes * width);
    std::vector<float> h(rows * width);
    for (std::size_t i = 0; i < rows; ++i) {
      const float* const mean = means.data() + random_.below(classes) * width;
      for (std::size_t k = 0; k < width; ++k) {
        h[i * width + k] = mean[k] + static_cast<float>(random_.normal());
      }
    }
    if (half) {
      for (const float x : h) halves_.emplace_back(x);
      inputs_.push_back({quarry::inputs::embeddings,
                         quarry::ArrayView(halves_.data(), {rows, width})});
    } else {
      add(quarry::inputs::embeddings, std::move(h), {rows, width});
    }
    add(quarry::inputs::probabilities, distributions(rows), {rows, classes});
  }
  MadeUp(const MadeUp&) = delete;

  /// A pool that has all that is needed, its first rows labelled.
  quarry::PoolView pool(const quarry::Needs& needs, std::size_t labelled) {
    for (const quarry::Need& need : needs) make(need.name);
    quarry::PoolView::Parts parts;
    parts.rows = rows_;
    parts.inputs = inputs_;
    for (std::size_t i = 0; i < labelled; ++i) {
      parts.labelled.push_back(i);
      parts.labels.push_back(static_cast<std::int64_t>(i % classes));
    }
    parts.candidates = quarry::RowStates(rows_).candidates(parts.labelled);
    parts.keys = quarry::row_keys(rows_, 0);
    return quarry::PoolView(std::move(parts));
  }

 private:
  void make(std::string_view name) {
    namespace in = quarry::inputs;
    if (name == in::passes) {
      add(name, alike(rows_), {passes_, rows_, classes});
    } else if (name == in::target_passes) {
      add(name, alike(targets), {passes_, targets, classes});
    } else if (name == in::cost_matrix) {
      add(name, normals(classes * classes), {classes, classes});
    } else if (name == in::head_weight) {
      add(name, normals(classes * width_), {classes, width_});
    } else if (name == in::label_probabilities) {
      add(name, uniforms(rows_ * classes), {rows_, classes});
    } else if (name == in::predictions || name == in::targets) {
      add(name, normals(rows_ * outputs), {rows_, outputs});
    } else if (name == in::deep_fool_norms || name == in::bim_norms) {
      add(name, uniforms(rows_), {rows_});
    }
  }

  void add(std::string_view name, std::vector<float> values,
           std::initializer_list<std::size_t> shape) {
    const std::vector<float>& kept = arrays_[name] = std::move(values);
    inputs_.push_back({name, quarry::ArrayView(kept.data(), shape)});
  }

  std::vector<float> normals(std::size_t count) {
    std::vector<float> x(count);
    for (float& value : x) value = static_cast<float>(random_.normal());
    return x;
  }
  std::vector<float> uniforms(std::size_t count) {
    std::vector<float> x(count);
    for (float& value : x) value = static_cast<float>(random_.uniform());
    return x;
  }
  /// `[rows, classes]`
  std::vector<float> distributions(std::size_t rows) {
    return distributions(std::vector<float>(rows * classes), 2.0);
  }
  /// The same around logits.
  std::vector<float> distributions(const std::vector<float>& logits,
                                   double deviation) {
    std::vector<float> all;
    all.reserve(logits.size());
    std::vector<double> p(classes);
    for (std::size_t i = 0; i < logits.size(); i += classes) {
      double sum = 0.0;
      for (std::size_t c = 0; c < classes; ++c) {
        const auto logit = static_cast<double>(logits[i + c]);
        sum += p[c] = std::exp(logit + deviation * random_.normal());
      }
      for (const double x : p) all.push_back(static_cast<float>(x / sum));
    }
    return all;
  }
  /// `[passes, rows, classes]`: of one model with dropout, which knows what it
  /// says to within so much.
  std::vector<float> alike(std::size_t rows) {
    std::vector<float> logits = normals(rows * classes);
    for (float& x : logits) x *= 2.0F;
    std::vector<float> all;
    for (std::size_t k = 0; k < passes_; ++k) {
      const std::vector<float> pass = distributions(logits, 0.5);
      all.insert(all.end(), pass.begin(), pass.end());
    }
    return all;
  }

  std::size_t rows_;
  std::size_t width_;
  std::size_t passes_;
  quarry::RandomStream random_{1};
  std::vector<quarry::Half> halves_;
  std::map<std::string_view, std::vector<float>> arrays_;
  std::vector<quarry::NamedArray> inputs_;
};
