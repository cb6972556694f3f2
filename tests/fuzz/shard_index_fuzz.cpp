// The index beside a shard, of a tar shard of 10,240 bytes.

#include "quarry/core/detail/text.hpp"

#include "data/shard_index.hpp"
#include "fuzz.hpp"

namespace {

using namespace quarry;
using namespace quarry::detail;

constexpr std::uint64_t shard_size = 10'240;

ShardIndex read(std::string_view text) {
  return read_shard_index(fuzz::as_file("shard.tar.qidx", text), "input", "tar",
                          shard_size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto index =
      fuzz::attempt([&] { return read(fuzz::text_of(data, size)); });
  if (!index) return 0;
  for (std::size_t i = 0; i < index->size(); ++i) {
    const ShardMember member = (*index)[i];
    fuzz::check(!member.name.empty() && is_printable(member.name) &&
                    is_printable(member.truth),
                "a name is no line of text");
    fuzz::check(member.offset <= shard_size &&
                    member.size <= shard_size - member.offset,
                "a member outside of the shard");
  }
  const std::string written = index->to_text();
  fuzz::check(read(written).to_text() == written,
              "what is written is read as something else");
  return 0;
}
