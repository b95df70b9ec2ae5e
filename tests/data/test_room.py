"""Room that threads share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from siamese_lib.data.room import Room, large_blocks


def test_only_what_fits_is_in_together_and_the_largest_alone() -> None:
    room, lock, inside = Room(10), threading.Lock(), []
    crowds: list[list[int]] = []

    def work(size: int) -> None:
        with room.taken(size):
            with lock:
                inside.append(size)
                crowds.append(inside.copy())
            threading.Event().wait(0.001)  # time for others to come in, too
            with lock:
                inside.remove(size)

    sizes = np.random.default_rng(0).choice([1, 3, 6, 25], 60).tolist()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, sizes))
    assert sorted(crowd[-1] for crowd in crowds) == sorted(sizes)
    assert all(sum(crowd) <= 10 or crowd == [25] for crowd in crowds)
    assert max(map(len, crowds)) > 1


def test_an_error_gives_the_room_back() -> None:
    room = Room(1)
    for _ in range(3):
        try:
            with room.taken(9):
                raise KeyError
        except KeyError:
            pass
    with room.taken(1):
        pass


def test_large_blocks_end_with_the_block() -> None:
    before = Image.core.get_block_size()
    with large_blocks():
        assert Image.core.get_block_size() >= 2**25  # what the C library gives back at once
    assert Image.core.get_block_size() == before
