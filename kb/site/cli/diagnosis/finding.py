"""What `deskbook doctor` says of one part."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so about one part, and whether that is as it should be."""

    part: str
    is_good: bool
    message: str
