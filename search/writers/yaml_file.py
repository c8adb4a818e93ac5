"""Read a YAML file beside the articles; every mistake is reported with its line and what to do about it."""

import difflib
from collections.abc import Collection, Iterator
from pathlib import Path

import yaml

from kb.articles.article import Problem
from kb.articles.source.markdown_file import BadSource, read_text
from kb.articles.source.strict_yaml import FAST_LOADER, BadYaml, compose
from search.query.rules import Words
from search.text.tokenizer import words

MAX_BYTES = 64 * 1024


class YamlFile:
    """One file at the top of the content folder; `top` is None where there is nothing to read."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.top: yaml.Node | None = None
        try:
            if (root / name).exists():
                self.top = compose(read_text(root, name, MAX_BYTES), loader=FAST_LOADER)
        except BadSource as error:
            self.problems.append(error.problem)
        except BadYaml as error:
            self.problems.append(Problem(name, error.line, str(error)))

    def tell(self, node: yaml.Node, message: str, *, is_error: bool = True) -> None:
        """Something to mend where `node` stands."""
        self.problems.append(Problem(self.name, line_of(node), message, is_error))

    def pairs(self, node: yaml.Node, known: Collection[str], what: str) -> Iterator[tuple[str, yaml.Node]]:
        """The `key: value` lines under `node` whose keys are known; others, and keys that stand twice, are told."""
        for key, key_node, value in self.free_pairs(node, what):
            if key in known:
                yield key, value
            else:
                self.tell(key_node, f"unknown key `{key[:60]}`: {did_you_mean(key, known) or 'known are ' + ', '.join(known)}")

    def free_pairs(self, node: yaml.Node, what: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Key, node of the key and value of each line under `node`, whatever the keys are; one that stands twice is told."""
        if not isinstance(node, yaml.MappingNode):
            self.tell(node, f"must be {what}, not {kind_of(node)}")
            return
        seen: dict[str, int] = {}
        for key_node, value in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            if not key:
                self.tell(key_node, f"must be {what}")
            elif key in seen:
                self.tell(key_node, f"`{key[:60]}` stands here for the second time (first in line {seen[key]}): keep one")
            else:
                seen[key] = line_of(key_node)
                yield key, key_node, value

    def items(self, node: yaml.Node, what: str, most: int) -> list[yaml.Node]:
        """The items of the list `node`; anything else, and what exceeds `most`, is told."""
        if not isinstance(node, yaml.SequenceNode):
            self.tell(node, f"must be a list of {what}, not {kind_of(node)}")
            return []
        if len(node.value) > most:
            self.tell(node.value[most], f"this list may hold {most}, and has {len(node.value)}: remove what is no longer needed")
        return list(node.value[:most])

    def text(self, node: yaml.Node, what: str) -> str | None:
        """The text of `node` as it was written, whatever YAML would make of it; None, and told, when it is none."""
        if isinstance(node, yaml.ScalarNode) and node.value.strip() and not (node.tag.endswith(":null") and node.style is None):
            return str(node.value).encode("utf-8", "ignore").decode().strip()
        self.tell(node, f"must be {what}, not {kind_of(node)}")
        return None

    def words(self, node: yaml.Node, what: str, most: int) -> Words | None:
        """The folded words of the text of `node`, at least one and at most `most`; None, and told, otherwise."""
        text = self.text(node, what)
        return None if text is None else self.words_of(node, text, what, most)

    def words_of(self, node: yaml.Node, text: str, what: str, most: int) -> Words | None:
        """The same of a part of the text of `node`."""
        found = tuple(words(text))
        if found and len(found) <= most:
            return found
        fault = f"has {len(found)} words; at most {most} are compared" if found else "holds no letter or digit"
        self.tell(node, f"“{text[:60]}” {fault}: write {what}")
        return None


def line_of(node: yaml.Node) -> int:
    """The line on which `node` begins."""
    return int(node.start_mark.line) + 1


def kind_of(node: yaml.Node) -> str:
    """What a writer would call it."""
    if isinstance(node, yaml.MappingNode):
        return "lines of `key: value`"
    return "a list" if isinstance(node, yaml.SequenceNode) else "nothing" if not node.value or node.tag.endswith(":null") else f"`{node.value[:40]}`"


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A question with the nearest known name; empty when none is near."""
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else ""
