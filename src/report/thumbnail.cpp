#include "report/thumbnail.hpp"

#include "quarry/decode/image_info.hpp"
#include "quarry/decode/thumbnail.hpp"

#include "report/text.hpp"

namespace quarry::report {
namespace {

/// Smaller images are enlarged without blurring: their pixels are what the
/// model saw.
constexpr std::size_t small_side = 64;

std::string placeholder(std::string_view why) {
  return "<span title=\"" + escaped(why) + "\">no picture</span>";
}

}  // namespace

std::string shot(const Pick& pick, const ReportOptions& options) {
  if (!options.images)
    return placeholder("the source of the images is not known");
  if (pick.index >= options.images->size())
    return placeholder("the source has no such sample");
  const Result<Bytes> bytes = options.images->read(pick.index);
  if (!bytes) return placeholder(bytes.error().message);
  const Result<Bytes> picture =
      make_thumbnail(*bytes, {.max_side = options.thumbnail_side});
  if (!picture) return placeholder(picture.error().message);
  const Result<ImageInfo> info = probe_image(*picture);
  const bool small =
      info.ok() && info->width < small_side && info->height < small_side;
  return std::string("<img") + (small ? " class=\"small\"" : "") +
         " loading=\"lazy\" alt=\"\" src=\"" +
         data_uri(picture->text(), "image/jpeg") + "\">";
}

}  // namespace quarry::report
