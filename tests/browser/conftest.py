"""A small help centre in a real browser, and a watch on what its pages load and say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kb.config import Settings
from tests.services import LiveServer

FIELD = "input[type=search]"
OPTIONS = "[data-panel] [data-list]:not([aria-busy]) [role=option]"
"""What the search box offers once the answer to all that is typed has arrived."""
ARTICLES = {
    "riding/brakes/adjust-the-brakes.md": """---
title: Adjust the brakes
summary: What to do when they rub or squeak.
tags: [brakes]
promoted: true
---
Squeaking disc brakes are often dirty.

## Brakes that squeak

Clean the rotor with alcohol. Then brake hard ten times.

> [!NOTE]
> Never put oil on a rotor.

## Brakes that rub

1. Loosen both bolts of the calliper.
2. Pull the lever and tighten them again.

## Tools you need

| Tool | Size |
|---|---|
| Hex key | 5 mm |

```bash
measure --pads
```
""",
    "riding/brakes/change-the-pads.md": "---\ntitle: Change the brake pads\n---\nBrake pads last two thousand kilometres.\n",
    "riding/battery/charge-the-battery.md": """---
title: Charge the battery
---
Charge at room temperature.

## The light blinks red

The battery is too hot.
""",
    "orders/delivery/track-an-order.md": "---\ntitle: Track an order\n---\nThe tracking number is in the mail we sent you.\n",
    "orders/questions/can-i-pay-later.md": "---\ntitle: Can I pay later?\ntype: faq\n---\nYes, within thirty days.\n",
    "orders/questions/do-you-ship-abroad.md": "---\ntitle: Do you ship abroad?\ntype: faq\n---\nTo all of Europe.\n",
}


@pytest.fixture
def help_centre(settings: Settings, serve: Callable[[Settings], LiveServer]) -> LiveServer:
    """The running app with a few articles of a bicycle shop."""
    for path, text in ARTICLES.items():
        write(settings.content / path, text)
    return serve(settings)


def write(path: Path, text: str) -> None:
    """`text` as a file, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@dataclass(slots=True)
class Watch:
    """What a page asked for and complained about."""

    addresses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def outside(self, site: str) -> list[str]:
        """Requests that left our own site."""
        return [address for address in self.addresses if not address.startswith((site, "data:", "blob:"))]


@pytest.fixture
def watch(page: Any) -> Iterator[Watch]:
    """Watches `page` from now on; an error in its console fails the test."""
    watch = Watch()
    page.on("request", lambda request: watch.addresses.append(request.url))
    page.on("console", lambda message: watch.complaints.append(message.text) if message.type in ("error", "warning") else None)
    yield watch
    assert watch.complaints == []


@pytest.fixture
def home(page: Any, help_centre: LiveServer, watch: Watch) -> Any:
    """The start page, watched."""
    page.goto(help_centre.url)
    return page
