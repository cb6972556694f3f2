#include "pipeline/hands.hpp"

#include <tbb/task_arena.h>

namespace quarry::detail {

Hands::Hands(const Recording& recording, std::size_t workers)
    : origin_(recording.origin), workers_(workers) {
  // TBB gives an arena of one thread a second one when it must.
  for (std::size_t i = 0; i < workers + 1; ++i) {
    hands_.push_back(
        {.decode = {recording, "decode", i}, .score = {recording, "score", i}});
  }
}

Hand& Hands::mine() noexcept {
  return hands_.at(
      static_cast<std::size_t>(tbb::this_task_arena::current_thread_index()));
}

StageRecord Hands::record_of(std::string_view stage,
                             WorkerRecord Hand::*part) const {
  StageRecord record{
      .stage = stage, .timeline = Timeline(origin_), .workers = workers_};
  for (const Hand& hand : hands_) (hand.*part).add_to(record);
  return record;
}

std::pair<StageRecord, StageRecord> Hands::records(
    Clock::time_point begin, Clock::time_point end) const {
  StageRecord decode = record_of("decode", &Hand::decode);
  StageRecord score = record_of("score", &Hand::score);
  Timeline idle(origin_);
  idle.add(Spent::starved, begin, end, static_cast<double>(workers_));
  idle.take_away(Spent::starved, decode.timeline, Spent::busy);
  idle.take_away(Spent::starved, score.timeline, Spent::busy);
  decode.timeline.merge(idle);
  score.timeline.merge(idle);
  return {std::move(decode), std::move(score)};
}

}  // namespace quarry::detail
