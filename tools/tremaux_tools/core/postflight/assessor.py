"""Read a job's output once and say everything a report holds."""

from collections.abc import Sequence
from dataclasses import replace

from tremaux_tools.core.block import Block
from tremaux_tools.core.cleaning import strip_controls
from tremaux_tools.core.endings import failing_end
from tremaux_tools.core.fingerprint.interpreter import plain_line
from tremaux_tools.core.fingerprint.kinds import COMMAND, EXCEPTION
from tremaux_tools.core.fingerprint.lines import LineCutter
from tremaux_tools.core.head_tail import HeadTail
from tremaux_tools.core.postflight.advice import advise
from tremaux_tools.core.postflight.attention import Attention
from tremaux_tools.core.postflight.cause.root_cause import root_cause_of
from tremaux_tools.core.postflight.cause.trouble import WEIGHTS, Clue
from tremaux_tools.core.postflight.exits import exit_in, explain_exit
from tremaux_tools.core.postflight.learnings import learnings_in
from tremaux_tools.core.postflight.machine import results_in
from tremaux_tools.core.postflight.progress import Progress
from tremaux_tools.core.postflight.report import MAX_TESTS, Report, RootCause
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.postflight.score import score_parts
from tremaux_tools.core.postflight.verdict import Signs, decide
from tremaux_tools.core.redact import PUBLISHED, Redactor
from tremaux_tools.core.runners import TestRun, total


class Assessor:
    """Reads a log of any length in bounded memory; how it is split into chunks does not matter."""

    __slots__ = (
        "_attention",
        "_cutter",
        "_kept",
        "_line",
        "_progress",
        "_redactions",
        "_redactor",
        "full_bytes",
        "text",
    )

    def __init__(self, redactor: Redactor = PUBLISHED) -> None:
        self.full_bytes = 0  #: UTF-8 size of what was fed
        self.text = ""  #: once finished: what is worth keeping of the log, without control sequences and secrets
        self._redactor = redactor
        self._cutter = LineCutter()
        self._line = 1  # number of the next one
        self._redactions = 0
        self._kept = HeadTail()
        self._progress = Progress()
        self._attention = Attention()

    def feed(self, chunk: str) -> None:
        """Read the next part of the log."""
        self.full_bytes += len(chunk.encode("utf-8", "replace"))
        for block in self._cutter.feed(chunk):
            self._read(block)

    def finish(self, exit_code: int | None = None, *, results: Results | None = None) -> Report:
        """Say what happened, after the last chunk.

        `exit_code` is None where nobody saw it; the one that the log tells at its end is taken then. `results` is
        what the job's machine-readable reports told: it outranks the text for the runners it names.
        """
        if rest := self._cutter.finish():
            self._read(rest)
        self.text = text = self._redacted(self._kept.text()) if self._attention.is_over else self._kept.text()
        told = _clean(_told(results, text), self._redactor)
        left_out = self._attention.finish(text, self._line - 1)
        code = exit_in(text) if exit_code is None else exit_code
        runs = _merged(self._progress.runs(), told.runs)
        decision = decide(self._signs(code, runs, text, is_exit_told=exit_code is None))
        cause: RootCause | None = None
        failing: tuple[str, ...] = ()
        if decision.verdict != "passed":
            cause, failing = self._blame(told.failures, text, is_beside=_has_told(results))
        found = self._attention.findings.finish(verdict=decision.verdict, runs=runs)
        learnings = learnings_in(text)
        parts = score_parts(code, found.errors, found.successes, learnings)
        return Report(
            verdict=decision.verdict,
            reasons=decision.reasons,
            validated=decision.validated,
            exit_code=code,
            exit_meaning="" if code is None else explain_exit(code),
            quality_score=sum(part.points for part in parts),
            score_parts=parts,
            tests=total(runs),
            runs=runs,
            failing_tests=failing,
            errors=found.errors,
            dismissed=found.dismissed,
            warnings=(*decision.warnings, *([left_out] if left_out else [])),
            successes=found.successes,
            root_cause=cause,
            learnings=learnings,
            recommendations=advise(
                verdict=decision.verdict,
                exit_code=code,
                runs=runs,
                failing_tests=failing,
                root_cause=cause,
                errors=found.errors,
            ),
            redactions=self._redactions,
        )

    def _signs(self, code: int | None, runs: tuple[TestRun, ...], text: str, *, is_exit_told: bool) -> Signs:
        signs = Signs(code, is_exit_told, runs, self._progress.unfinished())
        if code is not None or any(run.is_red for run in runs):
            return signs
        trouble = self._attention.clues.last_trouble()
        successes = self._attention.findings.finish(verdict="uncertain", runs=runs).successes
        if trouble is None or any(success.line > trouble.end for success in successes):
            trouble = None
        is_over = trouble is not None and trouble.is_survived and self._went_on_after(trouble.main(), text)
        if trouble and is_over and trouble.main().kind == COMMAND:
            trouble = None  # the exit code of a script is that of its last command
        return replace(
            signs,
            end=failing_end(text),
            trouble=trouble.main().text.strip() if trouble and trouble.weighs(WEIGHTS[COMMAND]) else "",
            is_grave=trouble is not None and trouble.weighs(WEIGHTS[EXCEPTION]) and not is_over,
            is_silent=not text.strip(),
        )

    def _blame(
        self, failures: Sequence[Failed], text: str, *, is_beside: bool
    ) -> tuple[RootCause | None, tuple[str, ...]]:
        """The root cause and the failing tests, those that reports told first."""
        clues = self._attention.clues
        cause = root_cause_of(clues.finish(), failures, text, self._line - 1, is_beside=is_beside)
        named = dict.fromkeys([*(failure.test for failure in failures), *clues.failing_tests])
        return cause, tuple(named)[:MAX_TESTS]

    def _went_on_after(self, clue: Clue, text: str) -> bool:
        """Tell whether the log, of which `text` is the end, closes with a line that does not belong to the clue."""
        said = ((number, plain_line(line)) for number, line in enumerate(reversed(text.split("\n"))))
        number, last = next(((number, line) for number, line in said if line), (0, ""))
        return self._line - number > clue.line and bool(last) and last[0].isalnum()

    def _redacted(self, text: str) -> str:
        redacted = self._redactor.redact(text)
        self._redactions += redacted.count
        return redacted.text

    def _read(self, text: str) -> None:
        lines = Block(strip_controls(text))
        number = self._line
        self._line += len(lines.shapes)
        if not self._attention.is_over:  # of what is left out little is kept, and that is redacted in the end
            redacted = self._redactor.redact(lines.text, lines)
            if redacted.count:  # a key of many lines may have become one
                self._redactions += redacted.count
                lines = Block(redacted.text)
        self._kept.feed(lines.text + "\n")
        self._progress.read(lines)
        self._attention.read(lines, number)


def _told(results: Results | None, text: str) -> Results:
    """What reports told, those of files before those that the log itself holds."""
    return results if results and _has_told(results) else results_in(text) or Results((), ())


def _has_told(results: Results | None) -> bool:
    return results is not None and bool(results.runs or results.failures)


def _merged(read: tuple[TestRun, ...], told: tuple[TestRun, ...]) -> tuple[TestRun, ...]:
    """The runs that reports told, and those read from the text whose runner wrote no report."""
    names = {run.runner for run in told}
    return (*told, *(run for run in read if run.runner not in names))


def _clean(results: Results, redactor: Redactor) -> Results:
    """What reports told is text of the job as its log is."""

    def plain(text: str) -> str:
        return redactor.redact(strip_controls(text)).text

    return Results(
        results.runs,
        tuple(
            Failed(plain(failed.test), plain(failed.message), failed.file and plain(failed.file), failed.line)
            for failed in results.failures[:MAX_TESTS]
        ),
    )


def assess(text: str, exit_code: int | None = None) -> Report:
    """Say what really happened in a run, with the evidence, from what it printed and its exit code.

    Without an exit code the log itself is asked for it. Never raises; linear in the length of the text.
    """
    assessor = Assessor()
    assessor.feed(text)
    return assessor.finish(exit_code)
