"""Objects of a git repository that are damaged, or made to fill the memory: no more is unpacked than an object may have, and the rest is read."""

import hashlib
import os
import tracemalloc
import zlib
from binascii import unhexlify
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from dulwich.object_format import SHA1
from dulwich.pack import write_pack_index_v2
from hypothesis import given
from hypothesis import strategies as st

from kb.articles.catalog.library import Library
from kb.articles.source.git_objects import ObjectStore, UnreadableObject
from tests.articles.repositories import commit_all, git
from tests.generators import searches

pytestmark = pytest.mark.slow
MB = 1_000_000
BOMB = 200 * MB
OFS_DELTA, REF_DELTA, TREE = 6, 7, 2
Write = Callable[..., Path]


def days(library: Library) -> dict[str, int | None]:
    return {slug: article.updated_at.day if article.commit else None for slug, article in library.catalog.articles.items()}


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 60 * MB
    finally:
        tracemalloc.stop()


def bomb(head: bytes, size: int = BOMB) -> bytes:
    """Zeros without end, a thousandth as long."""
    packer = zlib.compressobj(1)
    return packer.compress(head) + b"".join(packer.compress(bytes(MB)) for _ in range(size // MB)) + packer.flush()


def loose(git_folder: Path, name: str, packed: bytes) -> None:
    path = git_folder / "objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(packed)


@pytest.fixture
def three(write: Write, root: Path) -> Path:
    """Three articles; between the last change of one and two and that of three lies a commit of its own."""
    for name in ("one", "two", "three"):
        write(f"a/b/{name}.md", "first")
    commit_all(root, day=1)
    write("a/b/two.md", "second")
    commit_all(root, day=2)
    write("a/b/three.md", "third")
    commit_all(root, day=3)
    return root


@pytest.mark.parametrize("head", [b"commit %d\0" % BOMB, b"commit 300\0", b"commit " + b"9" * 40 + b"\0", b"commit -5\0", b"tree 5\0", b"\0"])
def test_a_commit_that_fills_the_memory_costs_the_dates_behind_it_only(three: Path, head: bytes) -> None:
    loose(three / ".git", git(three, "rev-parse", "HEAD~"), bomb(head))
    with little_memory():
        library = Library(three)
    assert days(library) == {"one": None, "two": None, "three": None}
    assert library.history.problem.startswith("older articles show their files' dates, because a part of the git history in ")


def test_a_loose_object_of_many_megabytes_is_not_even_read(three: Path) -> None:
    name = git(three, "rev-parse", "HEAD~")
    path = three / ".git/objects" / name[:2] / name[2:]
    path.chmod(0o600)
    os.truncate(path, BOMB)
    with little_memory():
        library = Library(three)
    assert days(library) == {"one": None, "two": None, "three": None}
    assert "files' dates, because" in library.history.problem


def test_what_lies_before_a_commit_that_cannot_be_read_keeps_its_dates(three: Path, write: Write) -> None:
    loose(three / ".git", git(three, "rev-parse", "HEAD~2"), bomb(b"commit %d\0" % BOMB))
    assert days(Library(three)) == {"one": None, "two": None, "three": 3}


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_commit_message_of_many_megabytes_is_not_unpacked(three: Path, write: Write, tmp_path: Path, is_packed: bool) -> None:
    message = tmp_path / "message"
    message.write_bytes(b"word " * 4 * MB)
    write("a/b/two.md", "third")
    git(three, "commit", "-qa", "-F", str(message), day=4)
    write("a/b/one.md", "second")
    commit_all(three, day=5)
    write("a/b/one.md", "third")
    commit_all(three, day=6)
    if is_packed:
        git(three, "gc", "-q", "--prune=now")
    with little_memory():
        library = Library(three)
    assert days(library) == {"one": 6, "two": None, "three": None}
    assert "has more than 8 MB when unpacked" in library.history.problem
    assert "DESKBOOK" not in library.history.problem


@pytest.mark.parametrize("folder", ["HEAD~:a/b", "HEAD~:a", "HEAD~^{tree}"])
@pytest.mark.parametrize("head", [b"tree %d\0" % BOMB, b"tree 40\0", b"tree 3\0abc"])
def test_a_folder_that_fills_the_memory_costs_the_dates_behind_it_only(three: Path, folder: str, head: bytes) -> None:
    loose(three / ".git", git(three, "rev-parse", folder), bomb(head))
    with little_memory():
        library = Library(three)
    assert set(days(library).values()) <= {None, 3}
    assert "files' dates, because" in library.history.problem


@pytest.mark.parametrize("pack", [b"", b"junk" * 100, b"PACK" + bytes(100), b"PACK\0\0\0\2\0\0\0\1" + bytes(40)])
@pytest.mark.parametrize("index", [b"", b"junk" * 400, b"\xfftOc\0\0\0\2" + b"\xff" * 2000, b"\xfftOc\0\0\0\2" + bytes(2000)])
def test_a_pack_of_nonsense_costs_no_date(three: Path, pack: bytes, index: bytes) -> None:
    git(three, "gc", "-q", "--prune=now")
    for name in ("pack-0", "pack-z"):
        (three / f".git/objects/pack/{name}.pack").write_bytes(pack)
        (three / f".git/objects/pack/{name}.idx").write_bytes(index)
    library = Library(three)
    assert days(library) == {"one": 1, "two": 2, "three": 3}
    assert library.history.problem == ""


def test_a_pack_that_git_made_meanwhile_is_found(three: Path) -> None:
    with closing(ObjectStore([three / ".git/objects"], SHA1, MB)) as store:
        git(three, "gc", "-q", "--prune=now")
        assert store.read(git(three, "rev-parse", "HEAD").encode()).content.startswith(b"tree ")


# Packs that git would not make


def number(value: int, first: int = 0, bits: int = 7) -> bytes:
    """A number as packs write it: the lowest bits first."""
    out, byte = bytearray(), first | value & ((1 << bits) - 1)
    value >>= bits
    while value:
        out.append(byte | 128)
        byte, value = value & 127, value >> 7
    return bytes([*out, byte])


def entry(kind: int, size: int, packed: bytes, base: bytes = b"") -> bytes:
    return number(size, kind << 4, 4) + base + packed


def store_of(folder: Path, entries: dict[str, bytes]) -> ObjectStore:
    """A store with one pack of these entries, each under the name."""
    (folder / "pack").mkdir(parents=True)
    pack, offsets = b"PACK\0\0\0\2" + len(entries).to_bytes(4, "big"), []
    for name, data in entries.items():
        offsets.append((unhexlify(name), len(pack), 0))
        pack += data
    checksum = hashlib.sha1(pack).digest()
    (folder / "pack/pack-1.pack").write_bytes(pack + checksum)
    with (folder / "pack/pack-1.idx").open("wb") as file:
        write_pack_index_v2(file, sorted(offsets), checksum)
    return ObjectStore([folder], SHA1, MB)


A, B = "a" * 40, "b" * 40
RAW_A, RAW_B = unhexlify(A), unhexlify(B)
BASE = entry(TREE, 1000, zlib.compress(bytes(1000)))
COPIES = number(1000) + number(300 * MB) + b"\xb0\xe8\x03" * 300_000
"""A difference that copies its base again and again."""


@pytest.mark.parametrize(
    "entries",
    [
        {A: entry(TREE, BOMB, bomb(b""))},
        {A: entry(TREE, 100, bomb(b""))},
        {A: entry(TREE, 100, zlib.compress(bytes(99)))},
        {A: entry(TREE, 100, zlib.compress(bytes(100))[:-6])},
        {A: b"\xaf" + b"\xff" * 3000},
        {B: BASE, A: entry(REF_DELTA, len(COPIES), zlib.compress(COPIES), RAW_B)},
        {B: BASE, A: entry(OFS_DELTA, len(COPIES), zlib.compress(COPIES), number(len(BASE))[::-1] if len(BASE) < 128 else b"\0")},
        {A: entry(REF_DELTA, 4, zlib.compress(b"\1\1\1a"), RAW_A)},
        {A: entry(REF_DELTA, 4, zlib.compress(b"\1\1\1a"), RAW_B), B: entry(REF_DELTA, 4, zlib.compress(b"\1\1\1a"), RAW_A)},
        {A: entry(REF_DELTA, 4, zlib.compress(b"\1\1\1a"), RAW_B)},
        {A: entry(OFS_DELTA, 4, zlib.compress(b"\1\1\1a"), b"\0")},
        {A: entry(OFS_DELTA, 4, zlib.compress(b"\1\1\1a"), b"\xff" * 200)},
        {A: entry(OFS_DELTA, 4, zlib.compress(b"\1\1\1a"), b"\x05")},
        {B: BASE, A: entry(REF_DELTA, 3, zlib.compress(b"\xff\xff\xff"), RAW_B)},
        {B: BASE, A: entry(REF_DELTA, 0, zlib.compress(b""), RAW_B)},
        {B: BASE, A: entry(REF_DELTA, 30, zlib.compress(b"\xff" * 30), RAW_B)},
    ],
)
def test_no_object_of_a_pack_is_unpacked_beyond_its_bound(tmp_path: Path, entries: dict[str, bytes]) -> None:
    with closing(store_of(tmp_path, entries)) as store, little_memory(), pytest.raises(UnreadableObject, match=r"damaged|more than 1 MB|too much work"):
        store.read(A.encode())


def test_a_long_chain_of_large_differences_is_given_up(tmp_path: Path) -> None:
    names = [f"{at:040x}" for at in range(200)]
    copy = number(900_000) * 2 + b"".join(b"\xf0" + size.to_bytes(3, "little") for size in (900_000,))
    entries = {names[0]: entry(TREE, 900_000, zlib.compress(bytes(900_000)))}
    for before, name in pairwise(names):
        entries[name] = entry(REF_DELTA, len(copy), zlib.compress(copy), unhexlify(before))
    with closing(store_of(tmp_path, entries)) as store, little_memory(), pytest.raises(UnreadableObject, match="too much work"):
        store.read(names[-1].encode())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], dict[str, bytes]]:
    """The ids of a small repository's objects, and its packs."""
    root = tmp_path_factory.mktemp("packed")
    for count in range(6):
        (root / "a.md").write_text("line\n" * (count + 1))
        (root / f"{count}.md").write_text("x")
        commit_all(root, day=count + 1)
    ids = git(root, "rev-list", "--all", "--objects", "--no-object-names").split()
    git(root, "gc", "-q", "--aggressive", "--prune=now")
    return [name.encode() for name in ids], {path.name: path.read_bytes() for path in (root / ".git/objects/pack").iterdir()}


@searches(examples=150)
@given(data=st.data())
def test_whatever_bytes_of_a_pack_are_changed_its_objects_are_read_or_said_to_be_damaged(
    files: tuple[list[bytes], dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    ids, packs = files
    folder = tmp_path_factory.mktemp("objects")
    (folder / "pack").mkdir()
    for name, content in packs.items():
        changed = bytearray(content)
        for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=4)):
            changed[at] = byte
        end = data.draw(st.one_of(st.just(len(changed)), st.integers(0, len(changed))))
        (folder / "pack" / name).write_bytes(changed[:end])
    with closing(ObjectStore([folder], SHA1, MB)) as store:
        for name in ids:
            try:
                store.read(name)
            except (KeyError, UnreadableObject):
                continue
