"""What the demo says while it works: a live bar on a terminal, plain lines elsewhere."""

import shutil
import sys

WIDTH = 30  # characters


class Bar:
    """One line that is redrawn; where the output is no terminal, a line for each new percent."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._drawn = ""
        self._percent = -1

    def show(self, percent: int, text: str) -> None:
        """Draws it anew."""
        filled = WIDTH * percent // 100
        line = f"  {'█' * filled}{'░' * (WIDTH - filled)} {percent:3d} %  {text}"
        if line != self._drawn and (self._live or percent != self._percent):
            columns = shutil.get_terminal_size().columns  # a line that wraps could not be redrawn
            sys.stdout.write(f"\r\x1b[2K{line[: columns - 1]}" if self._live else f"{line}\n")
            sys.stdout.flush()
            self._drawn, self._percent = line, percent

    def say(self, text: str) -> None:
        """A line that stays, above the bar."""
        sys.stdout.write(f"\r\x1b[2K  {text}\n{self._drawn}" if self._live else f"  {text}\n")
        sys.stdout.flush()

    def end(self) -> None:
        """The bar stays as it is; what follows begins on a new line."""
        if self._live and self._drawn:
            sys.stdout.write("\n")
            sys.stdout.flush()
