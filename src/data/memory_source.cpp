#include "quarry/data/memory_source.hpp"

#include <string>
#include <utility>

#include "data/text_table.hpp"

namespace quarry {

MemorySource::MemorySource(std::vector<Item> items) {
  detail::TextTable ids;
  for (const Item& item : items) ids.add(item.sample.id);
  if (const auto pair = detail::find_duplicate(ids)) {
    raise("source.duplicate_id",
          "items " + std::to_string(pair->first) + " and " +
              std::to_string(pair->second) + " have the same id, \"" +
              std::string(ids[pair->first]) + '"',
          "an id names one sample of the pool");
  }
  items_ = std::make_shared<const std::vector<Item>>(std::move(items));
}

}  // namespace quarry
