#include "quarry/data/tfrecord_source.hpp"

#include <utility>

#include "data/shard_set.hpp"
#include "data/tfrecord_scan.hpp"

namespace quarry {

struct TfRecordSource::State {
  detail::ShardSet shards;
};

void TfRecordSourceOptions::validate() const {
  network.validate();
}

TfRecordSource::TfRecordSource(std::string_view pattern,
                               const TfRecordSourceOptions& options) {
  options.validate();
  detail::ShardKind kind = detail::tfrecord_kind(
      {.image = options.image_feature, .label = options.label_feature});
  kind.uses_sidecars = options.label_feature.empty();
  state_ = std::make_shared<const State>(State{
      detail::ShardSet(pattern, std::move(kind), options.network, options.s3)});
}

std::size_t TfRecordSource::size() const noexcept {
  return state_->shards.size();
}

Sample TfRecordSource::sample(std::size_t i) const {
  return state_->shards.sample(i);
}

Result<Bytes> TfRecordSource::read(std::size_t i) const {
  return state_->shards.read(i);
}

void TfRecordSource::read_async(std::size_t i, ReadDone done) const {
  state_->shards.read_async(i, std::move(done));
}

bool TfRecordSource::is_async() const noexcept {
  return state_->shards.is_async();
}

NetworkStats TfRecordSource::network() const {
  return state_->shards.network();
}

}  // namespace quarry
