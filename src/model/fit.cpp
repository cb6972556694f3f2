#include "quarry/model/fit.hpp"

#include <cmath>
#include <cstdio>

#include "quarry/core/error.hpp"

namespace quarry {
namespace {

void require(bool holds, const char* field, double value,
             const char* constraint) {
  if (holds) return;
  char number[32];
  std::snprintf(number, sizeof number, "%g", value);
  raise("fit.option", std::string("FitOptions: ") + field + " is " + number +
                          ", but must be " + constraint);
}

}  // namespace

void FitOptions::validate() const {
  require(epochs >= 1, "epochs", static_cast<double>(epochs), "at least 1");
  require(batch >= 1, "batch", static_cast<double>(batch), "at least 1");
  require(std::isfinite(learning_rate) && learning_rate > 0, "learning_rate",
          learning_rate, "positive and finite");
  require(momentum >= 0 && momentum < 1, "momentum", momentum,
          "at least 0 and less than 1");
  require(std::isfinite(weight_decay) && weight_decay >= 0, "weight_decay",
          weight_decay, "finite and not negative");
  require(crop_padding <= 1024, "crop_padding",
          static_cast<double>(crop_padding), "at most 1024 pixels");
}

std::string FitReport::brief_report() const {
  char line[160];
  if (epochs.empty()) {
    std::snprintf(line, sizeof line,
                  "stopped before the first of its epochs was done, on %zu "
                  "samples in %.1f s",
                  samples, seconds);
    return line;
  }
  const EpochReport& last = epochs.back();
  std::snprintf(line, sizeof line,
                "%zu epoch%s on %zu samples in %.1f s, loss %.2f, accuracy "
                "%.2f%s",
                epochs.size(), epochs.size() == 1 ? "" : "s", samples, seconds,
                last.loss, last.accuracy, stopped ? ", stopped early" : "");
  return line;
}

}  // namespace quarry
