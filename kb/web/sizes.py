"""Sizes in words."""

KB, MB = 1000, 1_000_000


def size(count: int) -> str:
    """Return bytes in words: `812 bytes`, `14 KB`, `2.5 MB`, `10 MB`."""
    if count < KB:
        return f"{count} byte{'' if count == 1 else 's'}"
    if round(count / KB) < KB:
        return f"{round(count / KB)} KB"
    return f"{count / MB:.1f}".removesuffix(".0") + " MB"


def size_above(count: int, limit: int) -> str:
    """Return `count`, which is more than `limit`, in words that differ from those for `limit`: `10,000,001 bytes` where both would be `10 MB`."""
    return size(count) if size(count) != size(limit) else f"{count:,} bytes"
