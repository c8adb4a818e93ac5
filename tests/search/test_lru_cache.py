"""What is remembered of answers: the ones that are asked for stay, however many others there are."""

from search.lru_cache import LRUCache


def test_what_is_asked_for_stays_and_the_rest_makes_room() -> None:
    recent = LRUCache[str, int](3)
    for number, key in enumerate("abc"):
        recent.put(key, number)
    assert recent.get("a") == 0
    recent.put("d", 3)
    assert [recent.get(key) for key in "abcd"] == [0, None, 2, 3]
    recent.clear()
    assert recent.get("a") is None
