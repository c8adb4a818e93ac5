"""Compounds of German and Dutch, and the pairs of characters that Chinese and Japanese are cut into."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping

COMPOUNDING = ("de", "nl")
UNSPACED = ("ja", "zh")
LEAST_PART = 4
"""Letters of a word that is looked for in others, by its stem: `frist` in `rückgabefrist`."""
_LEAST_UNKNOWN_TAIL, _LEAST_UNKNOWN_HEAD = 4, 5
"""Letters of what is left over, where no article has it as a word of its own: `ware` is not meant by `software`."""
_LINKS = ("", "s", "es", "n", "en", "e", "er")


class Compounds:
    """The stems of words by how these begin and end; `is_known` tells whether a word occurs in the articles.

    A stemmer may cut a long word where it leaves a short one alone (`factuuradr`, `adres`), so both forms are looked at.
    """

    def __init__(self, stem_of: Mapping[str, str], is_known: Callable[[str], bool]) -> None:
        self._stem_of = dict.fromkeys(stem_of.values(), "") | dict(stem_of)
        self._forwards = sorted(self._stem_of)
        self._backwards = sorted(one[::-1] for one in self._forwards)
        self._is_known = is_known

    def of(self, part: str) -> Iterator[str]:
        """The stems of compounds that end or begin with `part`; none for a short one."""
        if len(part) < LEAST_PART:
            return
        for one in self._ending(part):
            if self._is_part(one[: -len(part)], _LEAST_UNKNOWN_HEAD):
                yield self._stem_of[one] or one
        for one in _begun(self._forwards, part):
            tail = one[len(part) :]
            if any(tail.startswith(link) and self._is_part(tail[len(link) :], _LEAST_UNKNOWN_TAIL) for link in _LINKS):
                yield self._stem_of[one] or one

    def ending(self, part: str) -> list[str]:
        """The stems of the longer words that end with `part`."""
        return list(dict.fromkeys(self._stem_of[one] or one for one in self._ending(part)))

    def _ending(self, part: str) -> list[str]:
        return [one[::-1] for one in _begun(self._backwards, part[::-1])]

    def parts(self, word: str, least: int) -> tuple[str, ...]:
        """The longest known words of at least `least` letters that `word` ends and, before that, begins with; empty when there are none."""
        tail = next((word[at:] for at in range(1, len(word) - least + 1) if self._is_known(word[at:])), "")
        rest = word.removesuffix(tail)
        heads = (rest[:end].removesuffix(link) for end in range(len(rest) - (not tail), least - 1, -1) for link in _LINKS)
        head = next((one for one in heads if len(one) >= least and self._is_known(one)), "")
        return tuple(one for one in (head, tail) if one)

    def _is_part(self, rest: str, least: int) -> bool:
        return len(rest) >= least or (len(rest) > 1 and any(self._is_known(rest.removesuffix(link)) for link in _LINKS))


def _begun(ordered: list[str], beginning: str) -> list[str]:
    at = bisect_left(ordered, beginning)
    found = ordered[at : bisect_left(ordered, beginning + "\U0010ffff", at)]
    return found[1:] if found[:1] == [beginning] else found
