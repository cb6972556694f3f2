#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "report/sections.hpp"
#include "report/text.hpp"

namespace quarry::report {
namespace {

/// A value on an axis as long as `range`: to a hundredth of it.
std::string tick(double value, double range) {
  const double digits = range > 0 ? std::ceil(1.99 - std::log10(range)) : 2.0;
  if (digits > 8.0 || digits < -8.0) return shortest(value, 3);
  return fixed(value, std::max(0, static_cast<int>(digits)));
}

/// The scores of the picks, in the bins of those of the pool.
std::vector<std::size_t> picked_in(const ScoreHistogram& bins,
                                   const Selection& selection) {
  std::vector<std::size_t> picked(bins.counts().size());
  for (const Pick& pick : selection) {
    const std::size_t bin = bins.bin_of(pick.score);
    if (bin < picked.size()) ++picked[bin];
  }
  return picked;
}

/// One row of columns, each `rows[i]` high relative to the tallest.
std::string columns(const ScoreHistogram& bins,
                    std::span<const std::size_t> rows, std::string_view kind,
                    std::string_view what) {
  const auto tallest =
      static_cast<double>(*std::max_element(rows.begin(), rows.end()));
  if (tallest == 0) return "";
  const auto n = static_cast<double>(rows.size());
  std::string html = "<svg class=\"of-" + std::string(kind) +
                     "\" viewBox=\"0 0 400 100\" "
                     "preserveAspectRatio=\"none\" role=\"img\" "
                     "aria-label=\"Histogram of the scores, " +
                     std::string(what) + "\">\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == 0) continue;
    // What is there is seen, however little it is.
    const double height =
        std::max(1.5, 100.0 * static_cast<double>(rows[i]) / tallest);
    html += "<rect x=\"" + fixed(400.0 * static_cast<double>(i) / n, 2) +
            "\" y=\"" + fixed(100.0 - height, 2) + "\" width=\"" +
            fixed(400.0 / n - 1.0, 2) + "\" height=\"" + fixed(height, 2) +
            "\"><title>" + shortest(bins.from(i)) + " to " +
            shortest(bins.from(i + 1)) + ": " + counted(rows[i], "sample") +
            "</title></rect>\n";
  }
  return html + "</svg>\n";
}

/// The picks are few, so they have a scale of their own under the pool's.
std::string histogram(const Selection& selection) {
  const ScoreHistogram& bins = selection.scores;
  const double low = bins.from(0);
  const double high = bins.from(bins.counts().size());
  std::string html =
      columns(bins, bins.counts(), "pool", "pool") +
      columns(bins, picked_in(bins, selection), "pick", "picks") +
      axis(tick(low, high - low), tick((low + high) / 2, high - low),
           tick(high, high - low));
  const std::string pool = "pool: " + counted(bins.total(), "sample");
  const std::string picked =
      "picked: " + grouped(selection.size()) + ", on a scale of their own";
  const std::array<std::pair<const char*, const char*>, 2> kinds = {
      {{"pool", pool.c_str()}, {"pick", picked.c_str()}}};
  return html + legend(kinds);
}

/// The scores of the picks in their order, for strategies that score nothing
/// but what they pick.
std::string by_rank(const Selection& selection) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  std::size_t finite = 0;
  for (const Pick& pick : selection) {
    if (!std::isfinite(pick.score)) continue;
    low = std::min(low, pick.score);
    high = std::max(high, pick.score);
    ++finite;
  }
  if (finite < 2) return "";
  low = std::min(low, 0.0);
  const double range = high > low ? high - low : 1.0;
  const auto last = static_cast<double>(selection.size() - 1);
  std::string points;
  // A screen shows no more than a few hundred points.
  const std::size_t step = std::max<std::size_t>(1, selection.size() / 400);
  for (std::size_t i = 0; i < selection.size(); i += step) {
    if (!std::isfinite(selection[i].score)) continue;
    points += fixed(400.0 * static_cast<double>(i) / last, 2) + "," +
              fixed(150.0 - 148.0 * (selection[i].score - low) / range, 2) +
              " ";
  }
  return "<svg class=\"ranks\" viewBox=\"0 0 400 150\" "
         "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Score of each "
         "pick by rank\">\n"
         "<polyline points=\"" +
         points + "\"/></svg>\n" +
         axis("rank 1", "score " + shortest(low) + " … " + shortest(high),
              "rank " + grouped(selection.size()));
}

struct ClassShare {
  std::int32_t index;
  std::size_t pool = 0;
  std::size_t picked = 0;
};

}  // namespace

std::string legend(std::span<const std::pair<const char*, const char*>> items) {
  std::string html = "<ul class=\"legend\">";
  for (const auto& [kind, text] : items) {
    html += "<li><i class=\"" + std::string(kind) + "\"></i>" + text + "</li>";
  }
  return html + "</ul>\n";
}

std::string axis(const std::string& low, const std::string& middle,
                 const std::string& high) {
  return "<div class=\"axis\"><span>" + low + "</span><span>" + middle +
         "</span><span>" + high + "</span></div>\n";
}

std::string bar(std::span<const Segment> segments) {
  std::string html = "<div class=\"bar\">";
  for (const Segment& segment : segments) {
    if (!(segment.fraction > 0)) continue;
    html += "<span class=\"" + std::string(segment.kind) + "\" style=\"width:" +
            fixed(100.0 * std::min(segment.fraction, 1.0), 2) + "%\"></span>";
  }
  return html + "</div>";
}

std::string scores(const Selection& selection, const ReportOptions& options) {
  const bool pointwise = !selection.scores.empty();
  const std::string chart =
      pointwise ? histogram(selection) : by_rank(selection);
  if (chart.empty()) return "";
  const std::string name =
      options.strategy.empty() ? "" : " (" + escaped(options.strategy) + ")";
  std::string note;
  if (pointwise) {
    note = "How many samples have which score" + name + ".";
    if (!selection.empty() && std::isfinite(selection.picks.back().score)) {
      note += " The last pick has <b>" +
              shortest(selection.picks.back().score) + "</b>.";
    }
  } else {
    note = "The score of each pick" + name +
           ": this strategy chooses a set, and scores only what it picks.";
  }
  return open_section("Scores", note) + chart + std::string(close_section);
}

std::string balance(const Selection& selection) {
  std::vector<ClassShare> shares;
  const auto at = [&](std::int32_t index) -> ClassShare& {
    const auto i = static_cast<std::size_t>(index);
    while (shares.size() <= i)
      shares.push_back({static_cast<std::int32_t>(shares.size())});
    return shares[i];
  };
  std::size_t pool = 0;
  std::size_t picked = 0;
  for (std::size_t i = 0; i < selection.class_counts.size(); ++i) {
    if (selection.class_counts[i] == 0) continue;
    at(static_cast<std::int32_t>(i)).pool = selection.class_counts[i];
    pool += selection.class_counts[i];
  }
  for (const Pick& pick : selection) {
    if (pick.predicted < 0) continue;
    ++at(pick.predicted).picked;
    ++picked;
  }
  if (pool == 0) return "";
  if (!selection.classes.empty())
    at(static_cast<std::int32_t>(selection.classes.size()) - 1);

  constexpr std::size_t most = 20;
  std::string note =
      "Predicted classes, as a share of the pool and of the "
      "picks.";
  if (shares.size() > most) {
    note += " The " + std::to_string(most) + " of " + grouped(shares.size()) +
            " classes with the most picks.";
    std::stable_sort(shares.begin(), shares.end(),
                     [](const ClassShare& a, const ClassShare& b) {
                       return a.picked != b.picked ? a.picked > b.picked
                                                   : a.pool > b.pool;
                     });
    shares.resize(most);
  }
  const auto share = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0
                      : static_cast<double>(part) / static_cast<double>(whole);
  };
  double longest = 0.0;
  for (const ClassShare& c : shares) {
    longest = std::max({longest, share(c.pool, pool), share(c.picked, picked)});
  }
  std::string html = open_section("Class balance", note);
  html += "<div class=\"rows\">\n";
  for (const ClassShare& c : shares) {
    const std::string name = escaped(class_name(selection.classes, c.index));
    const double of_pool = share(c.pool, pool);
    const double of_picks = share(c.picked, picked);
    const Segment above{longest > 0 ? of_pool / longest : 0, "pool"};
    const Segment below{longest > 0 ? of_picks / longest : 0, "pick"};
    html += "<div class=\"name\" title=\"" + name + "\"><bdi>" + name +
            "</bdi></div><div class=\"bars\">" + bar({&above, 1}) +
            bar({&below, 1}) + "</div><div class=\"num\">" + percent(of_pool) +
            " → <b>" + percent(of_picks) + "</b></div>\n";
  }
  html += "</div>\n";
  constexpr std::array<std::pair<const char*, const char*>, 2> kinds = {
      {{"pool", "share of the pool"}, {"pick", "share of the picks"}}};
  html += legend(kinds);
  html += close_section;
  return html;
}

}  // namespace quarry::report
