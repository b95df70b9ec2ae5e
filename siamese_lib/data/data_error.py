"""The error of images or labels that cannot be used."""

from __future__ import annotations

from pathlib import Path

from siamese_lib.texts import located, printable


class DataError(ValueError):
    """Images or labels that cannot be used. The message says where, why, and what to do."""

    @classmethod
    def about(cls, what: object, *, found: str, expected: str, remedy: str) -> DataError:
        """Make an error whose message has four parts, in this order.

        Args:
            what: the file, array or argument that has the fault. Of a relative `Path`, the message
                also says where that is.
            found: what is there.
            expected: what should have been there.
            remedy: what to do next, a full sentence.
        """
        what = located(what) if isinstance(what, Path) else what
        return cls(printable(f"{what}: found {found}; expected {expected}. {remedy}"))
