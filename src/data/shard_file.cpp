#include "data/shard_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "quarry/core/file.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/inflate.hpp"
#include "data/unpack.hpp"

namespace quarry::detail {
namespace {

/// Enough for any magic number, and for `IsPlain`.
constexpr std::uint64_t head_bytes = 512;
constexpr std::uint64_t block_bytes = std::uint64_t{1} << 20;

Failure changed(const std::string& shown) {
  return {"shard.changed", shown + " has changed since it was opened",
          "run again; a pool must not change while it is read"};
}

/// What the network says of a part of a shard, in the words of shards.
Failure as_shard_failure(Failure failure, const std::string& shown) {
  if (failure.id == "net.changed" || failure.id == "s3.changed") {
    return changed(shown);
  }
  return failure;
}

/// A remote file as it was when it was opened.
struct Version {
  std::uint64_t size = 0;
  std::string etag = {};
  std::string modified = {};  ///< Last-Modified, where there is no ETag
};

/// What came of asking for a part: bytes of that version of the file.
Result<Bytes> taken(Result<Response> answer, const ShardPlace& place,
                    const Version& version) {
  if (!answer.ok()) {
    return as_shard_failure(std::move(answer).error(), shown_place(place));
  }
  if (whole_size(*answer) != version.size ||
      (version.etag.empty() &&
       answer->headers.text("last-modified") != version.modified)) {
    return changed(shown_place(place));
  }
  return answer->body;
}

/// Whether a file that begins so is to be unpacked. What says zlib says too
/// little where nobody knows what is not compressed.
bool unpacks(std::string_view head, const IsPlain& is_plain) {
  if (!is_plain) return is_packed(head);
  return (is_packed(head) || is_zlib(head)) && !is_plain(head);
}

std::string uri_of(const ShardPlace& place) {
  return place.local ? file_uri(place.place) : shown_place(place);
}

}  // namespace

struct ShardFile::State {
  ShardPlace place;
  Url url = {};  ///< of a remote one
  std::string uri;
  std::uint64_t size = 0;
  bool local = true;
  Bytes bytes = {};      ///< of a local one
  Version version = {};  ///< of a remote one
  std::optional<RemoteReader> reader = {};
  std::optional<Failure> damage = {};

  void unpack(const Bytes& packed, std::uint64_t most) {
    Unpacked unpacked = unpack_shard(packed, most, shown_place(place));
    bytes = std::move(unpacked.bytes);
    damage = std::move(unpacked.damage);
    size = bytes.size();
    local = true;
  }

  void open_local(const IsPlain& is_plain) {
    bytes = read_file(place.place, {.map = true}).value();
    size = bytes.size();
    const std::string_view head =
        bytes.text().substr(0, static_cast<std::size_t>(head_bytes));
    if (unpacks(head, is_plain)) unpack(bytes, no_limit);
  }

  void open_remote(const IsPlain& is_plain) {
    local = false;
    const Result<Response> answer =
        reader->read_part(url, {0, head_bytes}, place.etag);
    if (!answer.ok()) {
      raise(as_shard_failure(answer.error(), shown_place(place)));
    }
    const auto whole = whole_size(*answer);
    if (!whole) raise(no_parts(shown_place(place)));
    size = *whole;
    version = {size, answer->headers.text("etag"),
               answer->headers.text("last-modified")};
    const std::string_view head =
        size == 0 ? std::string_view() : answer->body.text();
    if (!unpacks(head, is_plain)) return;
    const std::uint64_t most = reader->options().max_bytes;
    unpack(read_remote(0, size).value(), most);
  }

  std::optional<Failure> too_large(std::uint64_t count) const {
    const std::uint64_t most = reader->options().max_bytes;
    if (count <= most) return std::nullopt;
    return Failure{"net.too_large",
                   shown_place(place) + ": " + std::to_string(count) +
                       " bytes, more than the " + std::to_string(most) +
                       " bytes allowed",
                   "raise max_bytes if it should be"};
  }

  Result<Bytes> read_remote(std::uint64_t offset, std::uint64_t count) const {
    if (auto failure = too_large(count)) return *std::move(failure);
    return taken(reader->read_part(url, {offset, count}, version.etag), place,
                 version);
  }
};

ShardFile::ShardFile(std::shared_ptr<const State> state)
    : state_(std::move(state)) {}

ShardFile ShardFile::open(const ShardPlace& place,
                          const std::optional<RemoteReader>& reader,
                          const IsPlain& is_plain) {
  auto state = std::make_shared<State>();
  state->place = place;
  state->uri = uri_of(place);
  if (place.local) {
    state->open_local(is_plain);
  } else {
    QUARRY_EXPECTS(reader.has_value(),
                   "ShardFile: a remote one needs a reader");
    state->reader = reader;
    state->url = parse_remote(place.place).value();
    state->open_remote(is_plain);
  }
  return ShardFile(std::move(state));
}

const std::string& ShardFile::name() const noexcept {
  return state_->place.name;
}

const std::string& ShardFile::uri() const noexcept {
  return state_->uri;
}

std::uint64_t ShardFile::size() const noexcept {
  return state_->size;
}

bool ShardFile::is_local() const noexcept {
  return state_->local;
}

const ShardPlace& ShardFile::place() const noexcept {
  return state_->place;
}

std::string ShardFile::shown() const {
  return shown_place(state_->place);
}

std::uint64_t ShardFile::most() const noexcept {
  return state_->local ? no_limit : state_->reader->options().max_bytes;
}

const std::optional<Failure>& ShardFile::damage() const noexcept {
  return state_->damage;
}

Result<Bytes> ShardFile::read(std::uint64_t offset, std::uint64_t count) const {
  QUARRY_EXPECTS(offset <= size() && count <= size() - offset,
                 "ShardFile: a range past the end");
  if (state_->local) return state_->bytes.slice(offset, count);
  if (count == 0) return Bytes();
  return state_->read_remote(offset, count);
}

void ShardFile::expect(std::uint64_t offset) const noexcept {
  constexpr std::uint64_t line = 64;
  constexpr std::uint64_t enough = 8 * line;
  if (!state_->local) return;
  const std::byte* const data = state_->bytes.data();
  const std::uint64_t end = std::min<std::uint64_t>(offset + enough, size());
  for (std::uint64_t at = offset; at < end; at += line)
    __builtin_prefetch(data + at);
}

void ShardFile::read(std::uint64_t offset, std::uint64_t count,
                     ReadDone done) const {
  if (state_->local || count == 0) return done(read(offset, count));
  QUARRY_EXPECTS(offset <= size() && count <= size() - offset,
                 "ShardFile: a range past the end");
  if (auto failure = state_->too_large(count)) return done(*std::move(failure));
  state_->reader->read_part(
      state_->url, {offset, count}, state_->version.etag,
      // Not the state: what is under way must not keep the reactor alive.
      [place = state_->place, version = state_->version,
       done = std::move(done)](Result<Response> answer) {
        done(taken(std::move(answer), place, version));
      });
}

ShardWindow::ShardWindow(ShardFile file)
    : file_(std::move(file)),
      most_(file_.is_local() ? no_limit : std::min(file_.most(), block_bytes)) {
}

Result<Bytes> ShardWindow::from(std::uint64_t offset) {
  QUARRY_EXPECTS(offset <= file_.size(), "ShardWindow: past the end");
  if (offset < begin_ || offset - begin_ >= block_.size()) {
    Result<Bytes> block =
        file_.read(offset, std::min(file_.size() - offset, most_));
    if (!block.ok()) return block;
    begin_ = offset;
    block_ = std::move(block).value();
  }
  const std::size_t skip = static_cast<std::size_t>(offset - begin_);
  return block_.slice(skip, block_.size() - skip);
}

Result<Bytes> ShardWindow::read(std::uint64_t offset, std::uint64_t count) {
  if (count == 0) return Bytes();
  Result<Bytes> there = from(offset);
  if (!there.ok()) return there;
  if (there->size() >= count) {
    return there->slice(0, static_cast<std::size_t>(count));
  }
  // What crosses the end of a block: the next one begins here.
  if (count <= most_) {
    block_ = {};
    there = from(offset);
    if (!there.ok()) return there;
    return there->slice(0, static_cast<std::size_t>(count));
  }
  return file_.read(offset, count);
}

}  // namespace quarry::detail
