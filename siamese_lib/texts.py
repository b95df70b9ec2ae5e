"""Make text from outside printable: names of files, folders and classes, and messages with them.

A file name may hold anything but a slash: bytes that are not UTF-8 (Python shows them as lone
surrogates, which cannot be printed, drawn or saved), line breaks, or marks that turn the text
around them. `printable` writes these as escapes such as ``\\xe9`` and ``\\n``.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# Control and format characters, surrogates, and separators of lines and paragraphs.
_ESCAPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # format characters that belong to words and to emoji


def printable(text: object) -> str:
    """Return text of one line that can be printed, drawn and saved as UTF-8.

    Text that is printable already comes back unchanged. Letters of all scripts are.

    Args:
        text: any object; bytes are read as UTF-8, others are turned into a string.
    """
    words = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else str(text)
    return words if words.isprintable() else "".join(map(_escaped, words))


def printable_names(names: Iterable[object]) -> tuple[str, ...]:
    """Return names as `printable` text, so that names that differed still differ.

    If an escaped name is the same as another name, a number in brackets follows it.
    """
    given = list(names)
    made = [printable(name) for name in given]
    owners: dict[str, object] = {
        text: name for name, text in zip(given, made, strict=True) if text == name
    }
    result = []
    for name, text in zip(given, made, strict=True):
        unique, number = text, 2
        while owners.setdefault(unique, name) != name and text != str(name):
            unique, number = f"{text} ({number})", number + 1
        result.append(unique)
    return tuple(result)


def composed(text: str) -> str:
    """Return text in the form of Unicode that writes a letter and its accents as one (NFC).

    Texts that look alike, such as "\u00e9" and "e\u0301", are equal in this form. Two systems write
    the name of one folder in two forms: macOS decomposes names, others keep what is typed.
    """
    return unicodedata.normalize("NFC", text)


def located(path: object) -> str:
    """Return a path as `printable` text, and if it is relative, in brackets where that is."""
    given = os.fspath(path) if isinstance(path, os.PathLike) else path
    text = os.fsdecode(given) if isinstance(given, bytes) else str(given)
    if os.path.isabs(text):
        return printable(text)
    try:
        return f"{printable(text)} ({printable(os.path.abspath(text))})"
    except OSError:  # the working folder is no longer there
        return printable(text)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names with commas between them; of more than `most`, the first, and how many more."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shortened(text: str, most: int = 60) -> str:
    """Return text of up to `most` characters; of longer text, the beginning and the end."""
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 1]}…{text[-end:]}"


def _escaped(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) not in _ESCAPED or character in _JOINERS:
        return character
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as os.fsdecode gives it
        code -= 0xDC00
    wide = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return _SHORT.get(character, wide if code < 0x10000 else f"\\U{code:08x}")
