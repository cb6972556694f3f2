"""Draws photo-like images in every colour type, depth, size and orientation,
and computes with Pillow what a decoder should make of them."""

import io
import struct
import zlib

import numpy
from PIL import Image, ImageOps

WHITE = (255, 255, 255)

JPEG_KINDS = ("ycc", "grey", "rgb", "cmyk", "ycck")
PNG_KINDS = (
    ("grey1", "grey2", "grey4", "grey8", "grey16", "rgb8", "rgb16")
    + ("palette1", "palette2", "palette4", "palette8", "palette_alpha")
    + ("greya8", "greya16", "rgba8", "rgba16", "grey8_key", "rgb8_key")
)


def scene(rng, width, height):
    """RGB: gradients, discs and stripes with sharp edges, texture, noise."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    x, y = x / width, y / height
    image = numpy.empty((height, width, 3))
    for c in range(3):
        a, b, d = rng.uniform(-1, 1, 3)
        image[..., c] = 128 + 100 * (a * (x - 0.5) + b * (y - 0.5) + d * x * y)
    for _ in range(rng.integers(3, 9)):
        cx, cy, r = rng.uniform(0, 1, 3)
        inside = (x - cx) ** 2 + ((y - cy) * height / width) ** 2 < (r / 3) ** 2
        image[inside] = rng.uniform(0, 255, 3)
    if rng.random() < 0.5:
        f, g = rng.uniform(5, 60, 2)
        image += 40 * numpy.sin(f * x + g * y)[..., None]
    image += rng.normal(0, rng.uniform(1, 25), image.shape)
    return numpy.clip(image + 0.5, 0, 255).astype(numpy.uint8)


def exif(orientation, little):
    """An EXIF block whose first directory has a make and the orientation."""
    order = "<" if little else ">"
    block = (b"II*\0" if little else b"MM\0*") + struct.pack(order + "I", 8)
    block += struct.pack(order + "H", 2)
    block += struct.pack(order + "HHI4s", 0x010F, 2, 4, b"abc\0")
    block += struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + block + struct.pack(order + "I", 0)


def chunk(name, data):
    crc = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def png_rows(samples, depth):
    """Filtered scanlines of `[height, width, channels]` samples."""
    height, width, channels = samples.shape
    flat = samples.reshape(height, width * channels)
    if depth == 16:
        rows = flat.astype(">u2").view(numpy.uint8).reshape(height, -1)
    elif depth == 8:
        rows = flat.astype(numpy.uint8)
    else:
        bits = flat[..., None] >> numpy.arange(depth)[::-1] & 1
        rows = numpy.packbits(bits.reshape(height, -1).astype(numpy.uint8), 1)
    pixel = max(1, channels * depth // 8)
    out = bytearray()
    above = numpy.zeros_like(rows[0])
    for y, row in enumerate(rows):
        kind = y % 3  # none, sub, up
        left = numpy.concatenate([numpy.zeros(pixel, numpy.uint8), row])
        guess = (numpy.zeros_like(row), left[: len(row)], above)[kind]
        out += bytes([kind]) + (row - guess).tobytes()
        above = row
    return bytes(out)


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip


def write_png(samples, colour_type, depth, interlaced=False, extra=()):
    """A PNG of any kind; `extra` holds (name, data) of chunks before IDAT."""
    height, width, _ = samples.shape
    header = struct.pack(
        ">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced)
    )
    if interlaced:
        data = b""
        for x, y, step_x, step_y in ADAM7:
            part = samples[y::step_y, x::step_x]
            if part.size:
                data += png_rows(part, depth)
    else:
        data = png_rows(samples, depth)
    packed = zlib.compress(data, 6)
    cut = len(packed) // 2
    chunks = [(b"IHDR", header), *extra, (b"IDAT", packed[:cut])]
    chunks += [(b"IDAT", packed[cut:]), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def draw_jpeg(rng, kind, width, height, orientation):
    pixels = scene(rng, width, height)
    options = {
        "quality": int(rng.integers(30, 101)),
        "progressive": bool(rng.random() < 0.3),
        "subsampling": int(rng.integers(0, 3)),
    }
    if rng.random() < 0.2:
        options["restart_marker_blocks"] = int(rng.integers(1, 9))
    if orientation:
        options["exif"] = exif(orientation, rng.random() < 0.5)
    if kind == "grey":
        image = Image.fromarray(pixels).convert("L")
    elif kind in ("cmyk", "ycck"):
        black = scene(rng, width, height)[..., :1] // 2
        image = Image.fromarray(numpy.dstack([pixels, black]), "CMYK")
    else:
        image = Image.fromarray(pixels)
        if kind == "rgb":
            options |= {"keep_rgb": True, "subsampling": 0}
    data = saved(image, "JPEG", **options)
    if kind == "ycck":
        # Pillow writes CMYK only: call its first three components Y Cb Cr.
        at = data.index(b"\xff\xee\x00\x0eAdobe") + 15
        assert data[at] == 0
        data = data[:at] + b"\x02" + data[at + 1 :]
    return data


def draw_png(rng, kind, width, height, orientation):
    rgb = scene(rng, width, height).astype(numpy.uint16)
    depth = int("".join(c for c in kind if c.isdigit()) or 8)
    top = (1 << depth) - 1
    deep = rgb.astype(numpy.uint32) * top // 255
    if depth == 16:
        deep = deep + rng.integers(0, 256, deep.shape) - 128
        deep = numpy.clip(deep, 0, top)
    alpha = (rgb[..., 1:2].astype(numpy.uint32) * 3 % 256) * top // 255
    extra = []
    if orientation:
        extra.append((b"eXIf", exif(orientation, rng.random() < 0.5)[6:]))
    if kind.startswith("grey"):
        samples, colour_type = deep[..., :1], 0
        if kind.startswith("greya"):
            samples, colour_type = numpy.dstack([samples, alpha]), 4
        if kind.endswith("key"):
            key = int(samples[height // 2, width // 2, 0])
            extra.append((b"tRNS", struct.pack(">H", key)))
    elif kind.startswith("palette"):
        samples, colour_type = deep[..., :1], 3
        colours = rng.integers(0, 256, (top + 1, 3), dtype=numpy.uint8)
        extra.append((b"PLTE", colours.tobytes()))
        if kind == "palette_alpha":
            extra.append((b"tRNS", rng.bytes(rng.integers(1, top + 2))))
    else:
        samples, colour_type = deep, 2
        if kind.startswith("rgba"):
            samples, colour_type = numpy.dstack([samples, alpha]), 6
        if kind.endswith("key"):
            key = samples[height // 2, width // 2]
            extra.append((b"tRNS", struct.pack(">HHH", *map(int, key))))
    interlaced = bool(rng.random() < 0.3)
    return write_png(samples, colour_type, depth, interlaced, extra)


def draw(seed, index, kind, smallest, largest):
    """A file: (name, bytes). The same for ever with one version of numpy and of
    Pillow's JPEG encoder."""
    rng = numpy.random.default_rng([seed, index])
    sides = rng.uniform(numpy.log(smallest), numpy.log(largest + 1), 2)
    width, height = map(int, numpy.exp(sides))
    orientation = int(rng.integers(0, 9)) if rng.random() < 0.6 else 0
    jpeg = kind in JPEG_KINDS
    data = (draw_jpeg if jpeg else draw_png)(
        rng, kind, width, height, orientation
    )
    ending = "jpg" if jpeg else "png"
    return f"{index:03}_{kind}_{width}x{height}_o{orientation}.{ending}", data


def collection(count=500):
    """Photos of mixed sizes, aspect ratios, colour types and orientations: half
    of them ordinary colour JPEGs, the others of every kind in turn."""
    kinds = JPEG_KINDS + PNG_KINDS
    for index in range(count):
        kind = "ycc" if index % 2 else kinds[index // 2 % len(kinds)]
        yield draw(20240501, index, kind, 1, 700)


def upright_rgb(data):
    """The image as Pillow shows it, alpha laid over white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I;16"):
        # Pillow clips 16 bit grey at 255; the high byte is the picture.
        high = numpy.asarray(image).astype(numpy.uint16) >> 8
        image = Image.fromarray(high.astype(numpy.uint8))
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        flat = Image.new("RGB", image.size, WHITE)
        flat.paste(image, mask=image.getchannel("A"))
        return flat
    return image.convert("RGB")


def resize_and_crop(image, resize, crop):
    """What torchvision's Resize(resize) and CenterCrop(crop) do to an image."""
    width, height = image.size
    short, long = sorted((width, height))
    other = int(resize * long / short)
    size = (resize, other) if width <= height else (other, resize)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (
        -((crop - side) // 2) if side < crop else round((side - crop) / 2)
        for side in size
    )
    return image.crop((left, top, left + crop, top + crop))


def torchvision_transform(resize, crop):
    """The same by torchvision itself; None where there is none."""
    try:
        from torchvision import transforms
    except ImportError:
        return None
    return transforms.Compose(
        [transforms.Resize(resize), transforms.CenterCrop(crop)]
    )
