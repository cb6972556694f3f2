#include "training/demo_pool.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <span>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/random.hpp"
#include "quarry/decode/encode.hpp"

namespace quarry::cli {
namespace {

constexpr double pi = 3.14159265358979323846;

struct Point {
  double x;
  double y;
};

double length(Point p) {
  return std::hypot(p.x, p.y);
}

double box(Point p, double half_width, double half_height) {
  return std::max(std::abs(p.x) - half_width, std::abs(p.y) - half_height);
}

/// Distance from the edge of a regular star with five points.
double star(Point p) {
  const double turn = 2 * pi / 5;
  double angle = std::atan2(p.x, -p.y);
  angle = std::abs(angle - turn * std::floor(angle / turn + 0.5));
  const double r = length(p);
  // The edge from the outer point (0, 1) to the inner point at half a turn.
  const Point outer{0, 1};
  const Point inner{0.45 * std::sin(turn / 2), 0.45 * std::cos(turn / 2)};
  const Point q{r * std::sin(angle), r * std::cos(angle)};
  const Point edge{inner.x - outer.x, inner.y - outer.y};
  return (edge.x * (outer.y - q.y) - edge.y * (outer.x - q.x)) / length(edge);
}

/// The signed distance, roughly, from the edge of a shape of size 1 at the
/// origin: negative inside.
double shape(std::string_view name, Point p) {
  if (name == "circle") return length(p) - 0.85;
  if (name == "ring") return std::abs(length(p) - 0.7) - 0.2;
  if (name == "square") return box(p, 0.75, 0.75);
  if (name == "diamond")
    return (std::abs(p.x) / 0.62 + std::abs(p.y) - 1.0) * 0.53;
  if (name == "cross") return std::min(box(p, 0.9, 0.28), box(p, 0.28, 0.9));
  if (name == "moon")
    return std::max(length(p) - 0.9, 0.75 - length({p.x - 0.45, p.y - 0.1}));
  if (name == "triangle")
    return std::max(p.y - 0.6, 0.87 * std::abs(p.x) - 0.5 * p.y - 0.48);
  if (name == "star") return star(p);
  if (name == "arrow")
    return std::min(box({p.x, p.y - 0.35}, 0.22, 0.6),
                    std::max(p.y, 0.75 * std::abs(p.x) - 0.6 * p.y - 0.58));
  // checker: two of four squares
  const double whole = box(p, 0.8, 0.8);
  return std::max(whole, p.x * p.y > 0
                             ? -std::min(std::abs(p.x), std::abs(p.y))
                             : std::min(std::abs(p.x), std::abs(p.y)));
}

using Colour = std::array<double, 3>;

Colour colour(RandomStream& random, double low, double high) {
  return {random.uniform(low, high), random.uniform(low, high),
          random.uniform(low, high)};
}

Colour mixed(const Colour& a, const Colour& b, double part) {
  Colour out;
  for (std::size_t c = 0; c < 3; ++c) out[c] = a[c] + (b[c] - a[c]) * part;
  return out;
}

double brightness(const Colour& c) {
  return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2];
}

struct Stroke {
  Point from;
  Point to;
  double width;
  double strength;
  bool above;  ///< of the shape
  Colour colour;
};

/// All that decides a picture but its grain, so that a near-duplicate can be
/// drawn with almost the same.
struct Scene {
  std::string_view name;
  std::size_t width;
  std::size_t height;
  Point centre;
  double size;
  double angle;
  double slant;
  Colour front, back, corner;
  std::vector<Stroke> strokes;
  double noise;
};

Scene scene(std::string_view name, RandomStream& random) {
  Scene s;
  s.name = name;
  s.width = 32 + random.below(17);
  s.height = 32 + random.below(17);
  const double side = static_cast<double>(std::min(s.width, s.height));
  s.size = side * random.uniform(0.3, 0.42);
  s.centre = {
      static_cast<double>(s.width) / 2 + side * random.uniform(-.08, .08),
      static_cast<double>(s.height) / 2 + side * random.uniform(-.08, .08)};
  // Turned little enough for a square to stay one and a diamond another.
  s.angle = random.uniform(-0.25, 0.25);
  s.slant = random.uniform(-0.2, 0.2);
  s.back = colour(random, 20, 235);
  s.corner = mixed(s.back, colour(random, 0, 255), 0.5);
  do {
    s.front = colour(random, 0, 255);
  } while (std::abs(brightness(s.front) - brightness(s.back)) < 70 ||
           std::abs(brightness(s.front) - brightness(s.corner)) < 50);
  const std::size_t strokes = 1 + random.below(3);
  for (std::size_t i = 0; i < strokes; ++i) {
    const auto place = [&] {
      return Point{random.uniform(0, static_cast<double>(s.width)),
                   random.uniform(0, static_cast<double>(s.height))};
    };
    const Point from = place();
    const Point to = place();
    s.strokes.push_back({from, to, random.uniform(0.6, 2.4),
                         random.uniform(0.3, 0.7), random.uniform() < 0.2,
                         colour(random, 0, 255)});
  }
  s.noise = random.uniform(3, 12);
  return s;
}

/// The same scene a moment later.
Scene again(Scene s, RandomStream& random) {
  s.centre.x += random.uniform(-0.7, 0.7);
  s.centre.y += random.uniform(-0.7, 0.7);
  s.angle += random.uniform(-0.03, 0.03);
  for (Colour* c : {&s.front, &s.back, &s.corner})
    for (double& value : *c) value += random.uniform(-4, 4);
  return s;
}

double covered(double distance) {
  return std::clamp(0.5 - distance, 0.0, 1.0);
}

double to_stroke(const Stroke& stroke, Point p) {
  const Point d{stroke.to.x - stroke.from.x, stroke.to.y - stroke.from.y};
  const Point q{p.x - stroke.from.x, p.y - stroke.from.y};
  const double square = std::max(1e-9, d.x * d.x + d.y * d.y);
  const double t = std::clamp((q.x * d.x + q.y * d.y) / square, 0.0, 1.0);
  return length({q.x - t * d.x, q.y - t * d.y}) - stroke.width;
}

std::vector<std::byte> paint(const Scene& s, RandomStream& random) {
  std::vector<std::byte> pixels;
  pixels.reserve(s.width * s.height * 3);
  const double cosine = std::cos(s.angle);
  const double sine = std::sin(s.angle);
  for (std::size_t y = 0; y < s.height; ++y) {
    for (std::size_t x = 0; x < s.width; ++x) {
      const Point p{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
      const double along = (p.x / static_cast<double>(s.width) +
                            p.y / static_cast<double>(s.height)) /
                           2;
      Colour c = mixed(s.back, s.corner, along);
      const auto add_strokes = [&](bool above) {
        for (const Stroke& stroke : s.strokes) {
          if (stroke.above != above) continue;
          c = mixed(c, stroke.colour,
                    stroke.strength * covered(to_stroke(stroke, p)));
        }
      };
      add_strokes(false);
      const Point q{(p.x - s.centre.x) / s.size, (p.y - s.centre.y) / s.size};
      const Point turned{cosine * q.x + sine * q.y + s.slant * q.y,
                         cosine * q.y - sine * q.x};
      c = mixed(c, s.front, covered(shape(s.name, turned) * s.size));
      add_strokes(true);
      for (const double value : c) {
        const double level = value + s.noise * random.normal();
        pixels.push_back(
            static_cast<std::byte>(std::lround(std::clamp(level, 0.0, 255.0))));
      }
    }
  }
  return pixels;
}

/// Without waiting for the disk, as `write_file` would: a lost pool is drawn
/// again.
void save_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush())
    raise("cli.out", fmt::format("{} cannot be written", file.string()));
}

class Painter {
 public:
  Painter(const std::filesystem::path& folder, std::uint64_t seed)
      : folder_(folder), random_(RandomStream(seed).derive("demo_pool")) {}

  /// The first image of a group and its near-duplicates.
  void group(std::string_view name, std::size_t copies) {
    const Scene first = scene(name, random_);
    const std::size_t group = groups_++;
    save(first, group);
    for (std::size_t i = 0; i < copies; ++i) {
      save(again(first, random_), group);
      ++pool_.near_duplicates;
    }
  }

  /// What a pool has when a disk was full or a download broke.
  void damage() {
    const std::string broken = "circle/damaged.jpg";
    const Scene s = scene("circle", random_);
    const Bytes whole =
        encode_jpeg(paint(s, random_), {s.height, s.width}).value();
    save_file(folder_ / broken, whole.text().substr(0, whole.size() / 2));
    save_file(folder_ / "moon/empty.png", "");
    save_file(folder_ / "star/not_found.jpg", "<html>404 Not Found</html>\n");
    pool_.damaged = 3;
  }

  DrawnPool take() { return std::move(pool_); }

 private:
  void save(const Scene& s, std::size_t group) {
    const bool png = random_.uniform() < 0.3;
    const auto pixels = paint(s, random_);
    const int quality = 70 + static_cast<int>(random_.below(26));
    const Result<Bytes> bytes =
        png ? encode_png(pixels, {s.height, s.width})
            : encode_jpeg(pixels, {s.height, s.width}, {.quality = quality});
    ++(png ? pool_.pngs : pool_.jpegs);
    const std::string id = fmt::format(
        "{}/{:04}.{}", s.name, pool_.images.size(), png ? "png" : "jpg");
    save_file(folder_ / id, bytes.value().text());
    pool_.images.push_back({id, group});
  }

  std::filesystem::path folder_;
  RandomStream random_;
  DrawnPool pool_;
  std::size_t groups_ = 0;
};

}  // namespace

DrawnPool draw_pool(const std::filesystem::path& folder, std::size_t count,
                    std::uint64_t seed) {
  for (const std::string_view name : demo_classes)
    std::filesystem::create_directories(folder / name);
  Painter painter(folder, seed);
  RandomStream random = RandomStream(seed).derive("demo_groups");
  // A group of five (one and four near-duplicates) for every fifteen single
  // images: a fifth of the pool repeats.
  for (std::size_t drawn = 0; drawn < count;) {
    const std::string_view name =
        demo_classes[random.below(demo_classes.size())];
    const std::size_t left = count - drawn;
    const std::size_t copies =
        random.uniform() < 1.0 / 16 ? std::min<std::size_t>(4, left - 1) : 0;
    painter.group(name, copies);
    drawn += 1 + copies;
  }
  painter.damage();
  return painter.take();
}

}  // namespace quarry::cli
