# SPDX-License-Identifier: Apache-2.0
"""The fenced blocks of a document."""
import re
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```(\w+)?[ \t]*(\S*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    language: str
    name: str  # what stands after the language: the file that a listing comes from
    line: int  # of the first line within
    text: str


def blocks(text):
    return [Block(m[1] or "", m[2], text.count("\n", 0, m.start()) + 2, m[3]) for m in _FENCE.finditer(text)]


def documents(root):
    """What users read: README, docs/*.md and the book."""
    root = Path(root)
    return [root / "README.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "docs/book").glob("*.md"))]
