"""Charts as SVG, with nothing but the standard library."""
import dataclasses
import html
import math

WIDTH, HEIGHT, GAP, TOP, BOTTOM, LEFT = 300, 220, 24, 62, 44, 58
BAR, ROW = 14, 18  # the height of a bar, and from one to the next
COLOURS = ("#1f5fa8", "#d1571b", "#2c8a57", "#7a5195", "#b8860b", "#5b9aa0",
           "#8c564b", "#7f7f7f")
STYLE = """
text { font: 12px sans-serif; fill: #333; }
.title { font-weight: bold; }
.tick { font-size: 11px; fill: #666; }
.grid { stroke: #e4e4e4; }
.line { fill: none; stroke-width: 2; }
"""


@dataclasses.dataclass
class Panel:
    title: str
    x: list  # what stands below, evenly spaced
    series: dict  # name → value at each x, None where there is none


def nice_step(top, steps=4):
    """The smallest of 1, 2, 2.5, 5 · 10ᵏ of which `steps` reach `top`."""
    power = 10 ** math.floor(math.log10(top / steps))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power * steps >= top)


def text(x, y, words, anchor="middle", kind="tick"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
            f'class="{kind}">{html.escape(str(words))}</text>')


def draw_panel(panel, left, names):
    values = [v for line in panel.series.values() for v in line if v is not None]
    step = nice_step(max(values))
    bottom = TOP + HEIGHT
    top = step * math.ceil(max(values) / step)

    def place(i, value):
        return (left + (i + 0.5) * WIDTH / len(panel.x),
                bottom - value / top * HEIGHT)

    parts = [text(left, TOP - 12, panel.title, "start", "title")]
    for k in range(round(top / step) + 1):
        y = place(0, k * step)[1]
        parts.append(f'<line x1="{left}" x2="{left + WIDTH}" y1="{y:.1f}" '
                     f'y2="{y:.1f}" class="grid"/>')
        parts.append(text(left - 6, y + 4, f"{k * step:,g}", "end"))
    for i, label in enumerate(panel.x):
        parts.append(text(place(i, 0)[0], bottom + 16, label))
    for name, line in panel.series.items():
        colour = COLOURS[names.index(name)]
        points = [place(i, v) for i, v in enumerate(line) if v is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" class="line" stroke="{colour}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
                  for x, y in points]
    return parts


def draw(panels, x_label, y_label):
    """An SVG of the panels side by side; the scale of each is its own."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    width = len(panels) * (LEFT + WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
             f'height="{height}" viewBox="0 0 {width} {height}">',
             f"<style>{STYLE}</style>",
             '<rect width="100%" height="100%" fill="white"/>']
    x = LEFT
    for name, colour in zip(names, COLOURS):
        parts.append(f'<circle cx="{x}" cy="16" r="5" fill="{colour}"/>')
        parts.append(text(x + 10, 20, name, "start", ""))
        x += 40 + 8 * len(name)
    parts.append(text(width - GAP, 20, y_label, "end"))
    for i, panel in enumerate(panels):
        parts += draw_panel(panel, i * (LEFT + WIDTH + GAP) + LEFT, names)
    parts.append(text(width / 2, height - 8, x_label))
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_bars(groups, unit, show="{:,.2f}".format):
    """An SVG of horizontal bars: {title: {name: value}}, all on one scale from 0,
    each with its value; a name has the same colour in every group."""
    names = list(dict.fromkeys(name for bars in groups.values() for name in bars))
    top = max(value for bars in groups.values() for value in bars.values())
    left, longest = 10 + 7 * max(map(len, names)), 400
    parts, y = [], 12
    for title, bars in groups.items():
        if title:
            parts.append(text(left, y + 11, title, "start", "title"))
            y += ROW
        for name, value in bars.items():
            length = value / top * longest
            colour = (COLOURS[names.index(name) % len(COLOURS)]
                      if len(groups) > 1 else COLOURS[0])
            parts.append(text(left - 6, y + 11, name, "end", ""))
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" '
                         f'height="{BAR}" fill="{colour}"/>')
            parts.append(text(left + length + 6, y + 11,
                              f"{show(value)} {unit}", "start"))
            y += ROW
        y += 8
    width = left + longest + 140
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
        f'viewBox="0 0 {width} {y}">', f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>\n"])
