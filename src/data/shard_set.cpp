#include "data/shard_set.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "quarry/data/file_uri.hpp"

#include "core/crc32c.hpp"
#include "data/spooled_file.hpp"
#include "data/uri.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

/// Shards that are opened at once. Over a network that is waiting.
constexpr std::size_t opened_at_once = 16;
/// What is asked for at once of members that lie side by side.
constexpr std::uint64_t asked_at_once = std::uint64_t{2} << 20;

std::string id_of(const ShardFile& file, std::string_view member) {
  return id_of_path(file.name()) + '#' + std::string(member);
}

/// A member's name as the fragment of a URI. Names that are no text are
/// encoded already.
std::string fragment_of(std::string_view member) {
  if (member.starts_with("./")) return std::string(member.substr(2));
  return percent_encode(member);
}

/// The sidecar of a remote shard; nothing where there is none. Hosts that do
/// not let others list say "forbidden" of what is not there, and a cache keeps
/// nothing of it.
std::optional<Bytes> fetch_sidecar(const ShardPlace& place,
                                   const RemoteReader& reader) {
  Result<Bytes> sidecar = reader.read(parse_remote(sidecar_of(place)).value());
  if (sidecar.ok()) return std::move(sidecar).value();
  const Failure& failure = sidecar.error();
  const bool absent = failure.id == "net.not_found" ||
                      failure.id == "net.forbidden" ||
                      failure.id == "net.offline";
  if (!absent || failure.blame == Blame::run) raise(failure);
  return std::nullopt;
}

std::string shown_member(const ShardFile& file, std::string_view member) {
  return file.shown() + '#' + std::string(member);
}

/// Checks and unwraps what was read of a member; `shown()` names it.
template <class Shown>
Result<Bytes> take(Result<Bytes> bytes, std::optional<std::uint32_t> sum,
                   const ShardKind& kind, const Shown& shown) {
  if (!bytes.ok()) return bytes;
  if (sum && crc32c(bytes->span()) != *sum) {
    return Failure{
        "shard.corrupt",
        shown() + ": the bytes have not the checksum that the index has",
        "fetch or make the shard again, or its index"};
  }
  if (!kind.unwrap) return bytes;
  Result<Bytes> sample = kind.unwrap(std::move(bytes).value());
  if (sample.ok()) return sample;
  Failure failure = std::move(sample).error();
  failure.message = shown() + ": " + failure.message;
  return failure;
}

}  // namespace

ShardIndex index_of(const ShardFile& file, const ShardKind& kind,
                    const std::optional<RemoteReader>& reader) {
  if (!kind.uses_sidecars) return kind.scan(file);
  ShardPlace sidecar = file.place();
  sidecar.place = sidecar_of(sidecar);
  const std::string shown = shown_place(sidecar);
  if (file.place().local) {
    std::error_code error;
    if (fs::exists(sidecar.place, error)) {
      return read_shard_index(sidecar.place, shown, kind.name, file.size());
    }
  } else if (const auto text = fetch_sidecar(file.place(), reader.value())) {
    const SpooledFile list(*text);
    return read_shard_index(list.path(), shown, kind.name, file.size());
  }
  return kind.scan(file);
}

ShardSet::ShardSet(std::string_view pattern, ShardKind kind,
                   const NetworkOptions& network, const S3Options& s3)
    : kind_(std::make_shared<const ShardKind>(std::move(kind))) {
  reader_.emplace(network, s3);
  const std::vector<ShardPlace> places = expand_shards(
      pattern,
      [&](const std::string& prefix) { return reader_->list(prefix); });
  for (const ShardPlace& place : places) {
    if (!place.local) reader_->prepare(place.place).value();
  }
  open(places);
  for (Shard& shard : shards_) {
    shard.first = size_;
    size_ += shard.index.size();
    ignored_ += shard.index.ignored();
    is_async_ = is_async_ || !shard.file.is_local();
  }
  refuse_duplicates();
  plan_reading();
}

ShardSet::Shard ShardSet::open_one(const ShardPlace& place) const {
  ShardFile file = ShardFile::open(place, reader_, kind_->is_plain);
  ShardIndex index = index_of(file, *kind_, reader_);
  if (kind_->role) {
    std::size_t ignored = 0;
    index = index.filtered([&](std::string_view member) {
      const MemberRole role = kind_->role(member);
      if (role == MemberRole::ignored) ++ignored;
      return role == MemberRole::sample;
    });
    index.ignore(ignored);
  }
  return {std::move(file), std::move(index)};
}

void ShardSet::open(const std::vector<ShardPlace>& places) {
  std::vector<std::optional<Shard>> opened(places.size());
  std::vector<std::exception_ptr> errors(places.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    for (std::size_t i = next++; i < places.size() && !failed; i = next++) {
      try {
        opened[i] = open_one(places[i]);
      } catch (...) {
        errors[i] = std::current_exception();
        failed = true;
      }
    }
  };
  const bool remote =
      std::any_of(places.begin(), places.end(),
                  [](const ShardPlace& place) { return !place.local; });
  const std::size_t most =
      remote ? opened_at_once
             : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1,
                                       opened_at_once);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 1; t < std::min(most, places.size()); ++t) {
      try {
        threads.emplace_back(work);
      } catch (const std::system_error&) {
        break;  // fewer do as well
      }
    }
    work();
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  shards_.reserve(places.size());
  for (std::optional<Shard>& shard : opened) {
    shards_.push_back(*std::move(shard));
  }
}

void ShardSet::refuse_duplicates() const {
  bool ambiguous = false;
  for (const Shard& shard : shards_) {
    ambiguous = ambiguous || shard.file.name().find('#') != std::string::npos;
    const auto pair = find_duplicate(shard.index.names());
    if (!pair) continue;
    const auto where = [&](std::size_t i) {
      return std::to_string(i + 1) + " (at byte " +
             std::to_string(shard.index[i].offset) + ')';
    };
    raise("source.duplicate_id",
          shard.file.shown() + ": samples " + where(pair->first) + " and " +
              where(pair->second) + " are both called " +
              std::string(shard.index.names()[pair->first]),
          "an id names one sample: make the shard anew with each once");
  }
  if (!ambiguous) return;
  // "a#b" has "c" and "a" has "b#c".
  TextTable ids;
  for (std::size_t i = 0; i < size_; ++i) ids.add(sample(i).id);
  if (const auto pair = find_duplicate(ids)) {
    raise("source.duplicate_id",
          "samples of " + find(pair->first).shard.file.shown() + " and of " +
              find(pair->second).shard.file.shown() + " have the id " +
              std::string(ids[pair->first]),
          "rename a shard: the # in its name is also what ends it in an id");
  }
}

ShardSet::Found ShardSet::find(std::size_t i) const {
  const auto after = std::upper_bound(
      shards_.begin(), shards_.end(), i,
      [](std::size_t at, const Shard& shard) { return at < shard.first; });
  const Shard& shard = *(after - 1);
  return {shard, i - shard.first};
}

Sample ShardSet::sample(std::size_t i) const {
  const auto [shard, member] = find(i);
  const ShardMember found = shard.index[member];
  Sample sample{.id = id_of(shard.file, found.name),
                .uri = shard.file.uri() + '#' + fragment_of(found.name)};
  if (!found.truth.empty()) sample.truth = std::string(found.truth);
  return sample;
}

std::string_view ShardSet::member_name(std::size_t i) const {
  const auto [shard, member] = find(i);
  return shard.index.names()[member];
}

Result<Bytes> ShardSet::read(std::size_t i) const {
  const Found found = find(i);
  const Shard& shard = found.shard;
  if (const Failure* failure = shard.index.failure(found.member)) {
    return *failure;
  }
  const ShardMember member = shard.index[found.member];
  if (shard.file.is_local() || member.size == 0) {
    if (found.member + 1 < shard.index.size())
      shard.file.expect(shard.index[found.member + 1].offset);
    return take(shard.file.read(member.offset, member.size), member.crc32c,
                *kind_, [&] { return shown_member(shard.file, member.name); });
  }
  std::promise<Result<Bytes>> promise;
  auto bytes = promise.get_future();
  read_remote(i, found, [&promise](Result<Bytes> read) {
    promise.set_value(std::move(read));
  });
  return bytes.get();
}

void ShardSet::read_async(std::size_t i, ReadDone done) const {
  const Found found = find(i);
  const auto& [shard, at] = found;
  const bool remote = !shard.file.is_local() &&
                      shard.index.failure(at) == nullptr &&
                      shard.index[at].size > 0;
  if (!remote) return done(read(i));
  read_remote(i, found, std::move(done));
}

void ShardSet::read_remote(std::size_t i, const Found& found,
                           ReadDone done) const {
  const auto& [shard, at] = found;
  const ShardMember member = shard.index[at];
  // What is under way must not keep the reactor alive, nor need this object.
  ReadDone taken = [kind = kind_, sum = member.crc32c,
                    shown = shown_member(shard.file, member.name),
                    done = std::move(done)](Result<Bytes> bytes) {
    done(take(std::move(bytes), sum, *kind, [&] { return shown; }));
  };
  const bool in_block =
      ahead_->read(i, member.offset, member.size, taken,
                   [this](const ReadAhead::Block& block, ReadDone arrived) {
                     shards_[block.file].file.read(block.offset, block.size,
                                                   std::move(arrived));
                   });
  if (!in_block) {
    shard.file.read(member.offset, member.size, std::move(taken));
  }
}

/// Which members lie side by side in remote shards.
void ShardSet::plan_reading() {
  if (!is_async_) return;
  ahead_ = std::make_shared<ReadAhead>(
      std::min(asked_at_once, reader_->options().max_bytes));
  for (std::size_t s = 0; s < shards_.size(); ++s) {
    const auto& [file, index, first] = shards_[s];
    for (std::size_t m = 0; !file.is_local() && m < index.size(); ++m) {
      const ShardMember member = index[m];
      if (index.failure(m) != nullptr || member.size == 0) continue;
      ahead_->add(first + m, s, member.offset, member.size);
    }
  }
}

NetworkStats ShardSet::network() const {
  return reader_->stats();
}

}  // namespace quarry::detail
