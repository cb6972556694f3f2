#include "data/shard_index.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "quarry/core/detail/json_fields.hpp"
#include "quarry/core/detail/records.hpp"
#include "quarry/core/detail/text.hpp"
#include "quarry/core/json.hpp"

namespace quarry::detail {
namespace {

constexpr std::uint64_t version = 1;

/// What may be wrong with a member, so that it comes back from a sidecar.
constexpr std::array<ErrorId, 5> member_errors = {
    ErrorId("tar.corrupt"), ErrorId("tar.sparse"), ErrorId("tfrecord.corrupt"),
    ErrorId("tfrecord.truncated"), ErrorId("shard.corrupt")};

ErrorId member_error(std::string_view text) {
  const auto found =
      std::find(member_errors.begin(), member_errors.end(), text);
  return found == member_errors.end() ? ErrorId("shard.corrupt") : *found;
}

[[noreturn]] void raise_unfit(const std::string& where,
                              const std::string& what) {
  raise("shard.index", where + ": " + what,
        "remove the index, or make it anew: quarry pack --to index");
}

/// Reads a sidecar line by line.
class Reader {
 public:
  Reader(const std::filesystem::path& file, const std::string& shown,
         std::string_view kind, std::uint64_t shard_size)
      : shown_(shown),
        lines_(file, {.name = shown}),
        index_(std::string(kind), shard_size) {}

  ShardIndex run() {
    const std::uint64_t members = read_head();
    while (next(member_)) add_member(members);
    if (index_.size() != members) {
      raise_unfit(shown_, "it breaks off after " +
                              std::to_string(index_.size()) + " of " +
                              std::to_string(members) + " members");
    }
    index_.shrink_to_fit();
    return std::move(index_);
  }

 private:
  struct Head {
    enum { format, kind, size, members, ignored };
  };
  struct Member {
    enum { name, truth, offset, size, crc32c, error, message, hint, end };
  };

  bool next(std::span<JsonField> fields) {
    std::string line;
    if (!lines_.next(line)) return false;
    const std::string complaint = read_fields(line, lines_, fields);
    if (!complaint.empty()) raise_unfit(lines_.where(), complaint);
    return true;
  }

  std::uint64_t number(const JsonField& field) const {
    std::uint64_t value = 0;
    const char* last = field.text.data() + field.text.size();
    const auto [stop, code] = std::from_chars(field.text.data(), last, value);
    if (!field.present() || field.type != "number" || code != std::errc() ||
        stop != last) {
      raise_unfit(lines_.where(),
                  '"' + std::string(field.key) + "\" is no whole number");
    }
    return value;
  }

  std::uint64_t read_head() {
    if (!next(head_)) raise_unfit(shown_, "it is empty");
    if (!head_[Head::format].present()) {
      raise_unfit(lines_.where(), "this is no index of a shard");
    }
    if (number(head_[Head::format]) != version) {
      raise_unfit(lines_.where(), "it has version " + head_[Head::format].text +
                                      ", and this program reads version " +
                                      std::to_string(version));
    }
    if (head_[Head::kind].text != index_.kind()) {
      raise_unfit(lines_.where(),
                  "it is of a " + cut(head_[Head::kind].text, 40) +
                      " shard, not of a " + index_.kind() + " shard");
    }
    if (number(head_[Head::size]) != index_.shard_size()) {
      raise_unfit(lines_.where(), "it is of a shard of " +
                                      head_[Head::size].text +
                                      " bytes, but the shard has " +
                                      std::to_string(index_.shard_size()));
    }
    if (head_[Head::ignored].present())
      index_.ignore(number(head_[Head::ignored]));
    return number(head_[Head::members]);
  }

  void add_member(std::uint64_t members) {
    const auto text = [&](std::size_t field) {
      return member_[field].present() ? member_[field].text : std::string();
    };
    if (index_.size() == members || index_.is_damaged()) {
      raise_unfit(lines_.where(), "a line after the last member");
    }
    if (text(Member::name).empty() || !is_printable(text(Member::name)) ||
        !is_printable(text(Member::truth))) {
      raise_unfit(lines_.where(),
                  "a member's name and truth are lines of text");
    }
    if (member_[Member::error].present()) {
      Failure failure{member_error(text(Member::error)), text(Member::message),
                      text(Member::hint)};
      if (member_[Member::end].present()) {
        index_.add_damage(text(Member::name), std::move(failure));
      } else {
        index_.add_failure(text(Member::name), std::move(failure));
      }
      return;
    }
    ShardMember member{.name = member_[Member::name].text,
                       .truth = {},
                       .offset = number(member_[Member::offset]),
                       .size = number(member_[Member::size])};
    if (member_[Member::truth].present())
      member.truth = member_[Member::truth].text;
    if (member.offset > index_.shard_size() ||
        member.size > index_.shard_size() - member.offset) {
      raise_unfit(lines_.where(), "these bytes lie outside the shard");
    }
    if (member_[Member::crc32c].present()) {
      const std::uint64_t sum = number(member_[Member::crc32c]);
      if (sum > 0xFFFFFFFFU) raise_unfit(lines_.where(), "no CRC-32C");
      member.crc32c = static_cast<std::uint32_t>(sum);
    }
    index_.add(member);
  }

  const std::string& shown_;
  LineReader lines_;
  ShardIndex index_;
  std::array<JsonField, 5> head_{
      {{"quarry_shard_index"}, {"kind"}, {"size"}, {"members"}, {"ignored"}}};
  std::array<JsonField, 9> member_{{{"name"},
                                    {"truth"},
                                    {"offset"},
                                    {"size"},
                                    {"crc32c"},
                                    {"error"},
                                    {"message"},
                                    {"hint"},
                                    {"end"}}};
};

}  // namespace

void ShardIndex::add(const ShardMember& member) {
  QUARRY_EXPECTS(member.offset <= shard_size_ &&
                     member.size <= shard_size_ - member.offset,
                 "ShardIndex: bytes outside the shard");
  QUARRY_EXPECTS(!damaged_, "ShardIndex: nothing comes after the damage");
  if (!member.truth.empty() || !truths_.empty()) {
    while (truths_.size() < size()) truths_.add("");
    truths_.add(member.truth);
  }
  if (member.crc32c || !crcs_.empty()) {
    crcs_.resize(size());
    has_crc_.resize(size());
    crcs_.push_back(member.crc32c.value_or(0));
    has_crc_.push_back(member.crc32c.has_value());
  }
  names_.add(member.name);
  offsets_.push_back(member.offset);
  sizes_.push_back(member.size);
}

void ShardIndex::add_failure(std::string_view name, Failure failure) {
  failures_.emplace(size(), std::move(failure));
  add({.name = name});
}

void ShardIndex::add_damage(std::string_view name, Failure failure) {
  add_failure(name, std::move(failure));
  damaged_ = true;
}

ShardMember ShardIndex::operator[](std::size_t i) const {
  ShardMember member{
      .name = names_[i], .offset = offsets_[i], .size = sizes_[i]};
  if (!truths_.empty()) member.truth = truths_[i];
  if (!crcs_.empty() && has_crc_[i]) member.crc32c = crcs_[i];
  return member;
}

const Failure* ShardIndex::failure(std::size_t i) const {
  if (failures_.empty()) return nullptr;
  const auto found = failures_.find(i);
  return found == failures_.end() ? nullptr : &found->second;
}

ShardIndex ShardIndex::filtered(
    const std::function<bool(std::string_view name)>& keep) const {
  ShardIndex kept(kind_, shard_size_);
  kept.ignored_ = ignored_;
  for (std::size_t i = 0; i < size(); ++i) {
    const bool end = damaged_ && i + 1 == size();
    if (!end && !keep(names_[i])) continue;
    const Failure* wrong = failure(i);
    if (end) {
      kept.add_damage(names_[i], *wrong);
    } else if (wrong != nullptr) {
      kept.add_failure(names_[i], *wrong);
    } else {
      kept.add((*this)[i]);
    }
  }
  kept.shrink_to_fit();
  return kept;
}

void ShardIndex::shrink_to_fit() {
  names_.shrink_to_fit();
  truths_.shrink_to_fit();
  offsets_.shrink_to_fit();
  sizes_.shrink_to_fit();
  crcs_.shrink_to_fit();
}

std::string ShardIndex::to_text() const {
  std::string text = to_line({{"quarry_shard_index", version},
                              {"kind", kind_},
                              {"size", shard_size_},
                              {"members", size()},
                              {"ignored", ignored_}}) +
                     '\n';
  for (std::size_t i = 0; i < size(); ++i) {
    const ShardMember member = (*this)[i];
    Json line{{"name", member.name}};
    if (const Failure* wrong = failure(i)) {
      line["error"] = wrong->id.text();
      line["message"] = wrong->message;
      if (!wrong->hint.empty()) line["hint"] = wrong->hint;
      if (damaged_ && i + 1 == size()) line["end"] = 1;
    } else {
      line["offset"] = member.offset;
      line["size"] = member.size;
      if (!member.truth.empty()) line["truth"] = member.truth;
      if (member.crc32c) line["crc32c"] = *member.crc32c;
    }
    text += to_line(line) + '\n';
  }
  return text;
}

ShardIndex read_shard_index(const std::filesystem::path& sidecar,
                            const std::string& shown, std::string_view kind,
                            std::uint64_t shard_size) {
  try {
    return Reader(sidecar, shown, kind, shard_size).run();
  } catch (const Error& error) {
    if (error.id() == "shard.index" || error.id().starts_with("file.")) {
      raise(error.failure());
    }
    raise_unfit(shown, error.message());
  }
}

}  // namespace quarry::detail
