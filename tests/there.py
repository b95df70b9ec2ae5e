"""What may be None, and in a test is not."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def there(value: T | None) -> T:
    """Return a value that is there; fail where it is None."""
    assert value is not None
    return value
