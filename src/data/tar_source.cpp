#include "quarry/data/tar_source.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/extensions.hpp"
#include "data/shard_set.hpp"
#include "data/tar_scan.hpp"

namespace quarry {
namespace {

detail::ShardKind tar_kind(const std::vector<std::string>& extensions) {
  return {.name = "tar",
          .scan = &detail::scan_tar,
          .role = [extensions](std::string_view name) {
            using Role = detail::MemberRole;
            if (detail::has_extension(name, extensions)) return Role::sample;
            return detail::is_truth_member(name) ? Role::companion
                                                 : Role::ignored;
          }};
}

}  // namespace

struct TarSource::State {
  detail::ShardSet shards;
  bool truth_from_parent = false;
};

void TarSourceOptions::validate() const {
  detail::check_extensions(extensions);
  network.validate();
}

TarSource::TarSource(std::string_view pattern,
                     const TarSourceOptions& options) {
  options.validate();
  state_ = std::make_shared<const State>(
      State{detail::ShardSet(pattern, tar_kind(options.extensions),
                             options.network, options.s3),
            options.truth_from_parent});
}

std::size_t TarSource::size() const noexcept {
  return state_->shards.size();
}

Sample TarSource::sample(std::size_t i) const {
  Sample sample = state_->shards.sample(i);
  if (state_->truth_from_parent && !sample.truth) {
    const std::string_view path = state_->shards.member_name(i);
    const std::size_t slash = path.rfind('/');
    if (slash != path.npos) {
      std::string_view parent = path.substr(0, slash);
      parent.remove_prefix(parent.rfind('/') + 1);  // npos + 1 is 0
      if (!parent.empty()) sample.truth = std::string(parent);
    }
  }
  return sample;
}

Result<Bytes> TarSource::read(std::size_t i) const {
  return state_->shards.read(i);
}

void TarSource::read_async(std::size_t i, ReadDone done) const {
  state_->shards.read_async(i, std::move(done));
}

bool TarSource::is_async() const noexcept {
  return state_->shards.is_async();
}

std::size_t TarSource::ignored() const noexcept {
  return state_->shards.ignored();
}

NetworkStats TarSource::network() const {
  return state_->shards.network();
}

}  // namespace quarry
