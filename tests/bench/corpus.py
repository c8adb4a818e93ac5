"""A help centre as large as wanted, made of one that is at hand."""

import random
from collections.abc import Sequence
from dataclasses import replace

from search.engine import Document


def grow(held: Sequence[Document], count: int) -> list[Document]:
    """`count` documents: those held, then copies with shuffled words."""
    chance, grown = random.Random(1), list(held)

    def shuffled(text: str) -> str:
        parts = text.split()
        chance.shuffle(parts)
        return " ".join(parts)

    for number in range(len(held), count):
        one = held[number % len(held)]
        passages = tuple(replace(passage, text=shuffled(passage.text)) for passage in one.passages)
        grown.append(replace(one, slug=f"{one.slug}-{number}", title=shuffled(one.title), digest=str(number), passages=passages))
    return grown


def body(document: Document) -> str:
    """Its text without headings, a line for each passage."""
    return "\n".join(passage.text for passage in document.passages)
