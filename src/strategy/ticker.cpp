#include "quarry/strategy/detail/ticker.hpp"

#include "quarry/strategy/detail/quiet.hpp"

#include "core/meter.hpp"

namespace quarry::detail {

Ticker::Ticker(const SelectContext& context, std::size_t total)
    : context_(context),
      meter_(std::make_unique<Meter>(context.progress, "select", total,
                                     Meter::First::at_once)) {}

Ticker::~Ticker() = default;

bool Ticker::stop(std::size_t done) {
  return context_.stop.stop_requested() ||
         meter_->update(done, 0) == Flow::stop;
}

void Ticker::finish(std::size_t done) {
  meter_->finish(done, 0);
}

SelectContext quiet(const SelectContext& context, Ticker& whole) {
  SelectContext part = context;
  part.progress = [&whole](const Progress&) {
    return whole.stop(0) ? Flow::stop : Flow::go_on;
  };
  return part;
}

}  // namespace quarry::detail
