"""Keep memory small while several threads decode pictures.

Large pictures wait for each other, and their memory goes back to the system when they are done.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_BLOCK = 2**26  # bytes


class Room:
    """Room for pixels that threads share, first come, first served.

    Args:
        most: pixels that fit in together. A picture of more gets in when it is alone.
    """

    def __init__(self, most: int) -> None:
        self._most, self._used = most, 0
        self._entrance, self._changed = threading.Lock(), threading.Condition()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Wait until there is room for so many pixels, and take it for the ``with`` block.

        A thread that has taken room must not take more: it would wait for itself.
        """
        with self._entrance, self._changed:  # who waits keeps the entrance, so nobody overtakes
            self._changed.wait_for(lambda: not self._used or self._used + pixels <= self._most)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify()


DECODED = Room(2**25)  # 134 MB of four bytes each


@contextmanager
def large_blocks() -> Iterator[None]:
    """Let Pillow take the memory of large pictures in large blocks in the ``with`` block.

    The C library keeps freed blocks of less than 32 MB for the thread that had them. So with
    Pillow's own blocks of 16 MB, each thread would keep as much as its largest picture.
    """
    from PIL import Image  # waits: slow to import

    before = Image.core.get_block_size()
    Image.core.set_block_size(max(before, _BLOCK))
    try:
        yield
    finally:
        Image.core.set_block_size(before)
