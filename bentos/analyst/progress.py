"""How far a text has come, for those who read along while it is written."""

import asyncio


class Progress:
    """The text that a model is writing at its first try. A second try is another text, and not shown here:
    who has read the first can't unread it."""

    def __init__(self) -> None:
        self.text = ""
        self.is_over = False
        self._changed = asyncio.Event()

    def add(self, piece: str) -> None:
        """Show another piece."""
        self.text += piece
        self._wake()

    def close(self) -> None:
        """Show no more."""
        self.is_over = True
        self._wake()

    async def wait(self) -> None:
        """Wait for another piece or for the end."""
        await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
