"""What a job printed: the log file that grows while it runs, and what is kept of it when it has ended."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.head_tail import HeadTail
from tremaux_tools.core.redact import Redactor
from tremaux_tools.errors import BadArgument
from tremaux_tools.outputs import read_chunks
from tremaux_tools.store import blobs
from tremaux_tools.store.blobs import Blob

TAIL_BYTES = 1024 * 1024  # read of the end of a log that still grows


@dataclass(frozen=True, slots=True)
class Output:
    """What is kept of an output."""

    text: str  #: without control sequences and secrets, head and tail
    full_bytes: int
    redactions: int
    blob: Blob | None


def read_output(chunks: Iterable[str], redactor: Redactor) -> Output:
    """Read what is to be kept of a log; blocks on the disk."""
    kept = HeadTail()
    for chunk in chunks:
        kept.feed(chunk)
    found = redactor.redact(strip_controls(kept.text()))
    return Output(found.text, kept.full_bytes, found.count, blobs.pack(found.text) if found.text else None)


def printed(log: str) -> Iterator[str]:
    """What a job has printed; nothing where its files are gone, as another process has kept its end."""
    with suppress(BadArgument):
        yield from read_chunks(Path(log))


def read_end(log: Path, redactor: Redactor) -> tuple[str, int]:
    """The end of a log, and how many secrets were taken out of it; blocks on the disk."""
    try:
        with log.open("rb") as file:
            start = max(0, file.seek(0, 2) - TAIL_BYTES)
            file.seek(start)
            data = file.read(TAIL_BYTES)
    except OSError:  # it has ended meanwhile, and its files are gone
        return "", 0
    whole_lines = data.partition(b"\n")[2] if start else data
    found = redactor.redact(strip_controls(whole_lines.decode("utf-8", "replace")))
    return found.text, found.count
