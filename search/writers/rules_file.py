"""Read `_search.yml`: synonyms, pins, stop words and weights, bounded and strict."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import yaml

from kb.articles.article import Problem
from search.query.field_weights import FieldWeights
from search.query.rules import SearchRules, Words
from search.writers.targets import Targets
from search.writers.yaml_file import YamlFile, did_you_mean, line_of

FILE = "_search.yml"
MOST_SYNONYMS = 2000
MOST_PINS = 500
MOST_STOP_WORDS = 500
MOST_NAMES = 20
LONGEST_NAME = 6
LONGEST_QUERY = 30
BOUNDS = {
    "title": (0.0, 20.0),
    "headings": (0.0, 20.0),
    "summary": (0.0, 20.0),
    "keywords": (0.0, 20.0),
    "labels": (0.0, 20.0),
    "body": (0.1, 20.0),
    "saturation": (0.1, 5.0),
    "length": (0.0, 1.0),
    "passage": (0.0, 1.0),
    "pairs": (0.0, 5.0),
    "phrase": (0.0, 5.0),
}
"""Least and most of each weight that may be chosen."""


def read_rules(root: Path, targets: Targets | None = None) -> tuple[SearchRules, list[Problem]]:
    """What the file says, and what in it is wrong; a file that is not there says nothing. With `targets`, what leads nowhere is told too."""
    file = YamlFile(root, FILE)
    rules = SearchRules()
    readers: dict[str, Callable[[YamlFile, SearchRules, yaml.Node], SearchRules]] = {
        "synonyms": lambda file, before, node: _synonyms(file, before, node, targets),
        "pins": lambda file, before, node: _pins(file, before, node, targets),
        "stop_words": _stop_words,
        "weights": _weights,
    }
    if file.top is not None:
        for key, node in file.pairs(file.top, readers, f"lines `key:` with lists under them ({', '.join(readers)})"):
            rules = readers[key](file, rules, node)
    return rules, file.problems


def _synonyms(file: YamlFile, before: SearchRules, node: yaml.Node, targets: Targets | None) -> SearchRules:
    found: dict[Words, dict[Words, None]] = {}
    count = 0
    for item in file.items(node, "`[name, name]` (each may stand for each) or `name -> other name` (one way)", MOST_SYNONYMS):
        names = _each_way(file, item) if isinstance(item, yaml.SequenceNode) else _one_way(file, item)
        count += len(names)
        if count > MOST_SYNONYMS:
            file.tell(item, f"the file may hold {MOST_SYNONYMS} synonyms, and has more: remove what is no longer needed")
            break
        if names and targets and not any(targets.occurs(other) for others in names.values() for other in others):
            file.tell(item, "no article holds any of the other names, so this finds nothing: use words of your articles", is_error=False)
        for name, others in names.items():
            found.setdefault(name, {}).update(dict.fromkeys(others))
    return replace(before, synonyms={name: tuple(others) for name, others in found.items()})


def _each_way(file: YamlFile, item: yaml.SequenceNode) -> dict[Words, list[Words]]:
    names = [name for one in file.items(item, "names", MOST_NAMES) if (name := file.words(one, "a word or a short phrase", LONGEST_NAME))]
    if len(names) == len(item.value) and len(set(names)) < 2:
        file.tell(item, "holds no two names for the same thing: write `[parcel, package]`")
    return {name: [other for other in names if other != name] for name in names}


def _one_way(file: YamlFile, item: yaml.Node) -> dict[Words, list[Words]]:
    written = file.text(item, "`[name, name]` or `name -> other name`")
    if written is None:
        return {}
    left, arrow, right = written.partition("->")
    if not arrow or not left.strip() or not right.strip() or "->" in right:
        file.tell(item, f"“{written[:60]}” is no synonym: write `[name, name]`, or `name -> other name, another` with one arrow for one way only")
        return {}
    parts = [file.words_of(item, part, "a word or a short phrase", LONGEST_NAME) for part in (left, *right.split(",")[:MOST_NAMES])]
    name, others = parts[0], [other for other in parts[1:] if other and other != parts[0]]
    if None not in parts and not others:
        file.tell(item, f"“{written[:60]}” leads to itself: remove it")
    return {name: others} if name and others else {}


def _pins(file: YamlFile, before: SearchRules, node: yaml.Node, targets: Targets | None) -> SearchRules:
    found: dict[Words, str] = {}
    lines: dict[Words, int] = {}
    for item in file.items(node, "`{query: words, article: slug}`", MOST_PINS):
        given = dict(file.pairs(item, ("query", "article"), "`{query: words, article: slug}`"))
        if isinstance(item, yaml.MappingNode) and len(given) < 2:
            file.tell(item, f"a pin needs `query` and `article`, and has {' and '.join(given) or 'neither'}: write `{{query: words, article: slug}}`")
        if len(given) < 2:
            continue
        query = file.words(given["query"], "a query as readers type it", LONGEST_QUERY)
        name = file.text(given["article"], "the slug or path of an article")
        if query in lines:
            file.tell(item, f"these words are pinned already in line {lines[query]}: keep one")
            continue
        if targets and name and (fault := targets.fault(name)):
            file.tell(given["article"], fault.message, is_error=fault.is_error)
        if query and name:
            found[query], lines[query] = name, line_of(item)
    return replace(before, pins=found)


def _stop_words(file: YamlFile, before: SearchRules, node: yaml.Node) -> SearchRules:
    given: dict[str, frozenset[str]] = {"add": frozenset(), "remove": frozenset()}
    for key, value in file.pairs(node, given, "`add:` and `remove:` with lists of words under them"):
        found = [file.words(item, "one word", 1) for item in file.items(value, "words", MOST_STOP_WORDS)]
        given[key] = frozenset(one[0] for one in found if one)
    if both := sorted(given["add"] & given["remove"]):
        file.tell(node, f"`{both[0]}` is both added and removed: keep one")
    return replace(before, added_stop_words=given["add"], removed_stop_words=given["remove"])


def _weights(file: YamlFile, before: SearchRules, node: yaml.Node) -> SearchRules:
    chosen = {one.name: float(getattr(before.weights, one.name)) for one in fields(FieldWeights)}
    for key, name_node, value in file.free_pairs(node, f"lines `name: number` ({', '.join(BOUNDS)})"):
        if key not in BOUNDS:
            file.tell(name_node, f"unknown weight `{key[:60]}`: {did_you_mean(key, BOUNDS) or 'known are ' + ', '.join(BOUNDS)}")
            continue
        least, most = BOUNDS[key]
        number = _number(value)
        if number is None or not least <= number <= most:
            file.tell(value, f"the weight `{key}` must be a number from {least:g} to {most:g}")
        else:
            chosen[key] = number
    return replace(before, weights=FieldWeights(**chosen))


def _number(node: yaml.Node) -> float | None:
    try:
        return float(node.value) if isinstance(node, yaml.ScalarNode) else None
    except ValueError:
        return None
