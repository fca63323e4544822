"""What holds files or connections is closed at the end of a ``with``. Knows neither stories nor vectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Closing(ABC):
    """Base of what is opened and closed."""

    @abstractmethod
    def close(self) -> None:
        """Close what is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
