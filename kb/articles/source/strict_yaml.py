"""Parse YAML as writers may use it: plain values only, every mistake with its line."""

from typing import Any

import yaml

DEEPEST = 5
FAST_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as quick as the usual one where libyaml is there, and stricter with escapes; for files that may be long."""
_OPENING = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken, yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


class BadYaml(ValueError):
    """The text cannot be used; `line` is the number of the line that says why."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def compose(text: str, *, first_line: int = 1, what: str = "the file", loader: type[Any] = yaml.SafeLoader) -> yaml.Node | None:
    """The nodes of `text`, None when it is empty; raises BadYaml. Marks in it count from 0, `first_line` is where the text begins in its file."""
    try:
        _refuse(text, first_line, what, loader)
        node: yaml.Node | None = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml((mark.line if mark else 0) + first_line, f"this is not valid YAML: {error.problem}. Put text with `:` or `#` in quotes") from None
    except BadYaml:
        raise
    except (yaml.YAMLError, ValueError) as error:
        position = getattr(error, "position", 0)
        raise BadYaml(text.count("\n", 0, position) + first_line, "there is a character YAML does not allow: remove it") from None
    except RecursionError:
        raise BadYaml(first_line, f"{what} is nested too deep") from None
    return node


def _refuse(text: str, first_line: int, what: str, loader: type[Any]) -> None:
    """Aliases, tags and depth, before anything is built of them."""
    depth = 0
    for token in yaml.scan(text, Loader=loader):
        line = token.start_mark.line + first_line
        if isinstance(token, (yaml.AliasToken, yaml.AnchorToken)):
            raise BadYaml(line, "`&` and `*` (anchors and aliases) are not allowed: put the text in quotes or write the value out")
        if isinstance(token, yaml.TagToken):
            raise BadYaml(line, "tags (`!…`) are not allowed: put the text in quotes")
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > DEEPEST:
            raise BadYaml(line, f"{what} is nested too deep")
