"""One row of a terminal, written over and erased by column."""

import unicodedata

TAB = 8  # columns between tab stops
_CLUSTER = 32  # code points that may stand in one cell; more is an attack on the eye, and each gets its own
_JOINER = "\u200d"


class Row:
    """What a row shows, and the column that is written next, from 0.

    A character of several columns is a cell followed by empty ones. Writing behind the last of `width`
    columns goes on in a new row, as a terminal wraps a line: the full row then spills out, finished.
    """

    def __init__(self, width: int) -> None:
        self.column = 0
        self.continues = False  #: the line of the row that spilled out; an erased row begins a line, as in tmux
        self._width = width
        self._cells: list[str] = []

    @property
    def text(self) -> str:
        """What stands in the row, trailing spaces included."""
        return "".join(self._cells)

    def write(self, text: str) -> str:
        """Write printable characters and tabs over what stands there; return the rows that got full."""
        if not text.isascii() or "\t" in text:
            return "".join([self._write_one(character) for character in text])
        spilled, start = "", 0
        while start < len(text):
            spilled += self._wrap(1)
            part = text[start : start + self._width - self.column]
            self._put(list(part))
            start += len(part)
        return spilled

    def _write_one(self, character: str) -> str:
        columns = self._columns(character)
        if columns == 0:
            self._combine(character)
            return ""
        spilled = self._wrap(min(columns, self._width))
        if character == "\t":
            self._tab()
        else:
            self._put([character, ""][:columns])
        return spilled

    def _columns(self, character: str) -> int:
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            return 0
        return 2 if unicodedata.east_asian_width(character) in "WF" else 1

    def _wrap(self, columns: int) -> str:
        """Begin a new row if so many columns are not left; return the old one."""
        if self.column + columns <= self._width:
            return ""
        text = self.text
        self._cells.clear()
        self.column = 0
        self.continues = True
        return text

    def _put(self, cells: list[str]) -> None:
        end = self.column + len(cells)
        self._pad(self.column)
        self._split(self.column)
        self._split(end)
        self._cells[self.column : end] = cells
        self.column = end

    def _tab(self) -> None:
        """Move to the next tab stop; the tab itself stays only where nothing stood."""
        stop = min((self.column // TAB + 1) * TAB, self._width)
        if self.column >= len(self._cells):
            self._put(["\t", *[""] * (stop - self.column - 1)])
        self.column = stop

    def _combine(self, character: str) -> None:
        """Add a character without a width to the one before it; a joiner only joins what is not ASCII."""
        owner = min(self.column, len(self._cells)) - 1
        while owner > 0 and not self._cells[owner]:
            owner -= 1
        before = self._cells[owner] if owner >= 0 else ""
        if character == _JOINER and before[-1:].isascii():
            return
        if before and len(before) < _CLUSTER:
            self._cells[owner] = before + character
        else:
            self._put([character])

    def _pad(self, column: int) -> None:
        self._cells += " " * (column - len(self._cells))

    def _split(self, column: int) -> None:
        """Turn a character that reaches across `column` into spaces."""
        if column >= len(self._cells) or self._cells[column]:
            return
        start, end = column, column
        while not self._cells[start]:
            start -= 1
        while end < len(self._cells) and not self._cells[end]:
            end += 1
        self._cells[start:end] = " " * (end - start)

    def go(self, column: int) -> None:
        """Move to a column; beyond either edge is at the edge."""
        self.column = max(0, min(column, self._width - 1))

    def move(self, columns: int) -> None:
        """Move by so many columns; behind the last column counts as on it."""
        self.go(min(self.column, self._width - 1) + columns)

    def erase(self, part: int) -> None:
        """Erase from the column on (0), up to and with it (1), or all (2 and more)."""
        if part == 1:
            column, self.column = self.column, 0
            self._put([" "] * (column + 1))
            self.column = column
        else:
            start = self.column if part == 0 else 0
            self._split(start)
            del self._cells[start:]
            self.continues = self.continues and start > 0

    def blank(self, columns: int) -> None:
        """Write spaces over so many columns; stay."""
        column = self.column
        self._put([" "] * min(columns, self._width - column))
        self.column = column

    def delete(self, columns: int) -> None:
        """Take out so many columns; what follows moves up."""
        self._split(self.column)
        self._split(self.column + columns)
        del self._cells[self.column : self.column + columns]

    def insert(self, columns: int) -> None:
        """Put in so many spaces; what follows moves on, and off the edge."""
        self._pad(self.column)
        self._split(self.column)
        self._cells[self.column : self.column] = " " * min(columns, self._width)
        self._split(self._width)
        del self._cells[self._width :]
