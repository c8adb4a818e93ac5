"""Objects of a git repository, read from its own files within bounds: whatever a file announces, no more of it is unpacked than an object may have."""

import logging
import mmap
import zlib
from binascii import unhexlify
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dulwich.lru_cache import LRUSizeCache
from dulwich.object_format import ObjectFormat
from dulwich.objects import RawObjectID
from dulwich.pack import PackIndex, apply_delta, load_pack_index

from kb.articles.source.git_repository import UnreadableRepository, require_regular

log = logging.getLogger("deskbook.content")
COMMIT, TREE = 1, 2
_OFS_DELTA, _REF_DELTA = 6, 7
_TYPES = {b"commit": COMMIT, b"tree": TREE, b"blob": 3, b"tag": 4}
_READ_BYTES = 65_536
_MOST_HEADER_BYTES = 64
_MOST_DIFFERENCES = 5000
"""In a chain; git makes chains of 50, or of 4,095 where it is told to."""
_MADE_OBJECTS = 32
"""Objects of the largest size that one chain may make."""
_CACHED_OBJECTS = 4
"""Objects of the largest size that are kept as the bases of others."""
_PACK_HEAD_BYTES = 12


class UnreadableObject(Exception):
    """One object is damaged or too large; the text says which."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is: its type and its content."""

    type: int
    content: bytes


@dataclass(slots=True)
class _Pack:
    """A pack with its index; closed when it turned out to be none."""

    path: Path
    index: PackIndex | None = None
    data: mmap.mmap | None = None

    def close(self) -> None:
        with suppress(Exception):
            if self.index is not None:
                self.index.close()
        if self.data is not None:
            self.data.close()
        self.index = self.data = None


class ObjectStore:
    """The objects in these folders; none is unpacked beyond `most_bytes`."""

    def __init__(self, folders: Sequence[Path], object_format: ObjectFormat, most_bytes: int) -> None:
        self._folders, self._format, self._most = folders, object_format, most_bytes
        self._packs: dict[Path, _Pack] = {}
        self._open_new_packs()
        self._resolved: LRUSizeCache[tuple[Path, int], Stored] = LRUSizeCache(most_bytes * _CACHED_OBJECTS, compute_size=lambda stored: len(stored.content))

    def close(self) -> None:
        """Close the files that were opened."""
        for pack in self._packs.values():
            pack.close()

    def read(self, name: bytes) -> Stored:
        """Return the object with this id. Raises KeyError where there is none, UnreadableObject where it cannot be read."""
        found = self._find(name)
        if found is None and self._open_new_packs():  # git has packed it meanwhile
            found = self._find(name)
        if found is None:
            raise KeyError(name.decode())
        return found

    def _open_new_packs(self) -> bool:
        paths = [path for folder in self._folders for path in sorted((folder / "pack").glob("*.idx")) if path not in self._packs]
        for path in paths:
            self._packs[path] = _open(path, self._format)
        return bool(paths)

    def _find(self, name: bytes) -> Stored | None:
        damage: UnreadableObject | None = None
        for pack in self._packs.values():
            offset = _offset(pack, unhexlify(name))
            try:
                if offset is not None:
                    return self._resolve(pack, offset, name)
            except UnreadableObject as error:
                damage = damage or error
        if (loose := self._loose(name)) is not None:
            return loose
        if damage:
            raise damage
        return None

    def _loose(self, name: bytes) -> Stored | None:
        for folder in self._folders:
            path = folder / name[:2].decode() / name[2:].decode()
            try:
                require_regular(path, self._most)
                packed = path.read_bytes()
            except FileNotFoundError:
                continue
            except UnreadableRepository as error:
                raise UnreadableObject(str(error)) from error
            return self._loose_content(packed, name)
        return None

    def _loose_content(self, packed: bytes, name: bytes) -> Stored:
        try:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(packed, _MOST_HEADER_BYTES)
            kind, _, rest = content.partition(b" ")
            size, _, begun = rest.partition(b"\0")
            length = int(size)
            self._require_size(length, name)
            content = begun + unpacker.decompress(unpacker.unconsumed_tail, length - len(begun) + 1)
        except (zlib.error, ValueError) as error:
            raise _damaged(name) from error
        if len(content) != length or kind not in _TYPES:
            raise _damaged(name)
        return Stored(_TYPES[kind], content)

    def _resolve(self, pack: _Pack, offset: int, name: bytes) -> Stored:
        """Return what is at `offset`: the base at the end of the chain, with each difference applied to it."""
        differences: list[tuple[int, bytes]] = []
        stored, held = self._cached(pack, offset), 0
        while stored is None:
            kind, base, content = self._unpack(pack, offset, name)
            if base is None:
                stored = Stored(kind, content)
                self._resolved[pack.path, offset] = stored
                break
            differences.append((offset, content))
            held += len(content)
            if len(differences) > _MOST_DIFFERENCES or held > self._most * _CACHED_OBJECTS:  # also of a chain that is a ring
                raise _damaged(name)
            offset = base
            stored = self._cached(pack, offset)
        made = 0
        for at, difference in reversed(differences):
            stored = Stored(stored.type, self._applied(stored.content, difference, name))
            made += len(stored.content)
            if made > self._most * _MADE_OBJECTS:
                raise UnreadableObject(f"object {name.decode()} takes too much work to unpack")
            self._resolved[pack.path, at] = stored
        return stored

    def _applied(self, base: bytes, difference: bytes, name: bytes) -> bytes:
        try:
            of_base, position = _size(difference, 0)
            made, _ = _size(difference, position)
            self._require_size(made, name)
            if of_base != len(base):
                raise _damaged(name)
            parts: list[bytes] = apply_delta(base, difference)
        except UnreadableObject:
            raise
        except Exception as error:
            raise _damaged(name) from error
        return b"".join(parts)

    def _unpack(self, pack: _Pack, offset: int, name: bytes) -> tuple[int, int | None, bytes]:
        """Return the type of what is at `offset`, where its base is if it is a difference, and its content."""
        data = pack.data
        if data is None or not _PACK_HEAD_BYTES <= offset < len(data):
            raise _damaged(name)
        try:
            byte = data[offset]
            kind, size, shift, position = (byte >> 4) & 7, byte & 15, 4, offset + 1
            while byte & 128:
                byte = data[position]
                size |= (byte & 127) << shift
                shift, position = shift + 7, position + 1
                self._require_size(size, name)
            base: int | None = None
            if kind == _OFS_DELTA:
                back, position = _distance(data, position)
                base = offset - back
            elif kind == _REF_DELTA:
                base = _offset(pack, data[position : position + self._format.oid_length])
                position += self._format.oid_length
                if base is None:
                    raise _damaged(name)
            return kind, base, self._inflated(data, position, size, name)
        except (IndexError, zlib.error) as error:
            raise _damaged(name) from error

    def _inflated(self, data: mmap.mmap, position: int, size: int, name: bytes) -> bytes:
        self._require_size(size, name)
        unpacker, parts, missing = zlib.decompressobj(), [], size + 1
        while not unpacker.eof:
            some = unpacker.unconsumed_tail or data[position : position + _READ_BYTES]
            if not some:
                raise _damaged(name)
            if not unpacker.unconsumed_tail:
                position += len(some)
            part = unpacker.decompress(some, missing)
            parts.append(part)
            missing -= len(part)
            if missing <= 0:
                raise _damaged(name)
        if missing != 1:
            raise _damaged(name)
        return b"".join(parts)

    def _require_size(self, size: int, name: bytes) -> None:
        if size > self._most:
            raise UnreadableObject(f"object {name.decode()} has more than {self._most // 1_000_000:,} MB when unpacked")

    def _cached(self, pack: _Pack, offset: int) -> Stored | None:
        try:
            return self._resolved[pack.path, offset]
        except KeyError:
            return None


def _open(path: Path, object_format: ObjectFormat) -> _Pack:
    """Return the pack beside its index; what is none is logged, and holds nothing."""
    pack = _Pack(path)
    try:
        pack.index = load_pack_index(str(path), object_format)
        with path.with_suffix(".pack").open("rb") as file:
            pack.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if pack.data[:4] != b"PACK":
            raise ValueError("it does not begin as a pack does")
    except Exception as error:
        pack.close()
        log.warning("the git pack %s is left out, because it cannot be read: %s", path.with_suffix(".pack"), error)
    return pack


def _offset(pack: _Pack, name: bytes) -> int | None:
    """Return where the pack has the object; None where it has none."""
    if pack.index is None:
        return None
    try:
        found: Any = pack.index.object_offset(RawObjectID(name))
    except KeyError:
        return None
    except Exception as error:
        log.warning("the git pack %s is left out, because its index cannot be read: %s", pack.path.with_suffix(".pack"), error)
        pack.close()
        return None
    return int(found)


def _distance(data: mmap.mmap, position: int) -> tuple[int, int]:
    """Return how far before its difference a base stands, and where that number ends."""
    byte = data[position]
    back = byte & 127
    while byte & 128:
        position += 1
        byte = data[position]
        back = ((back + 1) << 7) | (byte & 127)
        if back > len(data):
            raise IndexError
    return back, position + 1


def _size(difference: bytes, position: int) -> tuple[int, int]:
    """Return a size as a difference begins with, and where it ends."""
    size = shift = 0
    while True:
        byte = difference[position]
        size |= (byte & 127) << shift
        shift, position = shift + 7, position + 1
        if not byte & 128:
            return size, position
        if shift > 63:
            raise ValueError("a size without end")


def _damaged(name: bytes) -> UnreadableObject:
    return UnreadableObject(f"object {name.decode()} is damaged")
