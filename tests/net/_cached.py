"""What a cache of fetched bytes has on disk."""

BLOCK = 4096


def bodies(cache):
    """The files that hold fetched bytes."""
    return [path for path in cache.rglob("*")
            if path.is_file() and len(path.name) == 64]


def room(cache):
    return sum(-(-path.stat().st_size // BLOCK) * BLOCK for path in bodies(cache))
