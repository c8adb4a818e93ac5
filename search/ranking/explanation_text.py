"""An explanation in sentences that a writer understands."""

from collections.abc import Iterator, Sequence

from search.explanation import ConfidenceSignals, Explanation, HitExplanation, TermExplanation, TermMatch, TermReading

_HOW = {
    "beginning": "begins so",
    "corrected": "spelt so",
    "split": "taken apart",
    "joined": "joined with the next word",
    "alike": "means nearly the same",
    "synonym": "synonym in _search.yml",
    "compound": "holds it",
    "kin": "begins like it",
}


def query_sentences(told: Explanation) -> Iterator[str]:
    """How the query was read, one line for each word."""
    if not (told.words or told.left_out):
        yield "No word was read: there is no letter or digit to search for."
        return
    yield "Read as a few words of a title." if told.is_fragment else "Read as a question: each word counts by how rare it is in the articles."
    if told.left_out:
        yield f"Left out, as they tell too little: {', '.join(told.left_out)}."
    for word in told.words:
        yield f"{word.typed}: {_word(word, told.articles)}"


def hit_sentences(hit: HitExplanation) -> Iterator[str]:
    """Why a hit stands where it stands."""
    if hit.is_pinned:
        yield "Pinned to these words in _search.yml, so it comes first."
    for found in hit.found:
        yield f"{_found(found)}: {found.share:.0%} of its points for words"
    if hit.missing:
        yield f"Not in it: {', '.join(hit.missing)}."
    if hit.section:
        share = f", which holds {min(hit.section_coverage, 1.0):.0%} of what was asked" if hit.section_coverage else ""
        yield f"Leads to the section “{hit.section}”{share}."
    if hit.similarity is not None:
        nearness = f"similarity {hit.similarity:.2f}" if hit.similarity else "others are nearer in meaning"
        yield f"Placed by its words and its meaning together: {nearness}."
    else:
        causes = [f"{value:.1f} for {cause}" for cause, value in hit.points.items() if abs(value) >= 0.05]
        yield f"Score {hit.score:.1f}{': ' + ', '.join(causes) if len(causes) > 1 else ''}."


def confidence_sentences(signs: ConfidenceSignals, confidence: float, threshold: float) -> Iterator[str]:
    """What the confidence is made of, and what the page makes of it."""
    said = "says that it answers" if confidence >= threshold else "offers the request form first"
    yield f"Confidence {confidence:.2f}; from {threshold:.2f} on a search counts as answered (DESKBOOK_ANSWER_THRESHOLD), so the page {said}."
    if signs.is_pinned:
        yield "It is full because the first hit is pinned to these words."
    elif signs.is_fragment:
        yield f"It is {signs.coverage:.0%}, the share of the words' weight that one section of the first hit holds with the title."
    elif signs.telling:
        yield f"One section of the first hit holds {signs.coverage:.0%} of the words' weight, words that occur nowhere included; the more, the surer."
        if signs.lead is None:
            yield f"It reaches {min(signs.nearness, 1):.0%} of the highest possible score by words; the more, the surer."
            yield f"It holds {signs.title:.0%} of the words' weight in its title and keywords; the more, the surer."
            if not signs.least:
                yield "It lacks a telling word entirely, which makes it less sure."
            if signs.agreement is not None:
                place = round(1 / signs.agreement)
                among = "the first" if place == 1 else f"at place {place}"
                yield f"By the meaning of its words it is {among} of what was found; the nearer to the first, the surer."
        typed = "1 telling word was" if signs.telling == 1 else f"{signs.telling} telling words were"
        yield f"{typed} typed; of few words it is less sure, as some article holds them by chance."
        if signs.lead is not None:
            yield f"The article nearest in meaning stands out by {signs.lead:.2f}, where 1 is as far as from its own neighbours; the further, the surer."
            yield (
                f"By words it is at place {signs.place}; the nearer to the first, the surer."
                if signs.place
                else "Words do not find it, which makes it less sure."
            )


def _word(word: TermExplanation, articles: int) -> str:
    if not word.names:
        return "in no article, and nothing like it is."
    own = next((name for name in word.names if name.how == "typed"), None)
    others = [name for name in word.names if name is not own]
    parts = [
        f"in {own.articles} of {articles} articles"
        if own
        else "in no article as typed"
        if word.read_as == word.typed
        else f"in no article; read as “{word.read_as}”"
    ]
    if others:
        parts.append(f"{'also ' if own else ''}found as {_named(others)}")
    small = " It counts little, as a common word." if word.is_stop_word else ""
    return f"{'; '.join(parts)}. Weight {word.weight:.1f}.{small}"


def _named(names: Sequence[TermReading]) -> str:
    """The names by how they came about: `brakes, braking (begins so)`."""
    groups: dict[str, dict[str, None]] = {}
    for name in names:
        groups.setdefault(name.how, {})[name.text] = None
    return "; ".join(f"{', '.join(texts)} ({_HOW.get(how, how)})" for how, texts in groups.items())


def _found(found: TermMatch) -> str:
    alias = "" if found.name.how == "typed" else f" as “{found.name.text}” ({_HOW.get(found.name.how, found.name.how)})"
    places = ", ".join(f"{count} × {place}" if count > 1 or place == "text" else place for place, count in found.places.items())
    return f"{found.typed}{alias}, in {places}"
