"""The answers of the postflight tools."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, Self

from tremaux_server.replies.base import LINE, LISTED, Part, Reply, as_data, listed
from tremaux_server.replies.journal import TestsPart
from tremaux_server.shape import cut_end, timestamp
from tremaux_server.uris import report_output_uri, report_uri
from tremaux_tools.core.counted import counted

if TYPE_CHECKING:
    from tremaux_tools.core.postflight.filed import Filed
    from tremaux_tools.core.postflight.report import Report

VerdictName = Literal["passed", "failed", "uncertain"]
SeverityName = Literal["high", "medium", "low"]
LISTED_TESTS = 10  # failing tests in a text
LISTED_DISMISSED = 3  # dismissed matches in a text


class ScorePart(Part):
    """One summand of the quality score."""

    name: str
    points: int
    why: str


class ErrorPart(Part):
    """An error that counts: all lines of one type."""

    type: str
    severity: SeverityName
    count: int
    line: int
    context: str


class DismissedPart(Part):
    """What looked like an error and is none, and why."""

    type: str
    count: int
    line: int
    text: str
    reason: str


class SuccessPart(Part):
    """A line that tells of a success."""

    type: str
    line: int


class RootCausePart(Part):
    """Where to look first."""

    line: int
    excerpt: str
    file: str | None
    file_line: int | None


class LearningPart(Part):
    """Something worth knowing next time."""

    type: str
    content: str


class LearningResultPart(Part):
    """What of a report went into the knowledge graph."""

    learnings_stored: int
    relations_created: int
    skills: list[str]


class PostflightReply(Reply):
    """The answer of run_postflight and get_report."""

    report_id: int
    job_id: str | None
    project: str
    goal: str | None
    task: str
    verdict: VerdictName
    reasons: list[str]
    validated: bool
    exit_code: int | None
    exit_meaning: str
    quality_score: int
    score_parts: list[ScorePart]
    tests: TestsPart | None
    runs: list[TestsPart]
    failing_tests: list[str]
    root_cause: RootCausePart | None
    errors: list[ErrorPart]
    not_counted: list[DismissedPart]
    warnings: list[str]
    successes: list[SuccessPart]
    learnings: list[LearningPart]
    recommendations: list[str]
    learning_result: LearningResultPart
    notified: bool
    notice: str
    redactions: int
    output_uri: str | None
    filed_at: str

    @classmethod
    def of(cls, filed: "Filed") -> Self:
        """Translate a report as it was filed."""
        report = filed.report
        return cls.model_validate(
            _found(report)
            | {
                "report_id": filed.id,
                "job_id": None if filed.job_id is None else f"job-{filed.job_id}",
                "project": filed.project,
                "goal": filed.goal,
                "task": filed.task,
                "learning_result": {
                    "learnings_stored": filed.learned.learnings_stored,
                    "relations_created": filed.learned.relations_created,
                    "skills": list(filed.learned.skills),
                },
                "notified": filed.notified,
                "notice": filed.notice,
                "output_uri": report_output_uri(filed.id) if filed.has_output else None,
                "filed_at": timestamp(filed.filed_at),
            }
        )

    def whole(self) -> str:
        """The report in full."""
        return report_uri(self.report_id)

    def decision(self) -> str:
        """The verdict in a line."""
        proof = "" if self.validated else ", not proven"
        return f"{self.verdict.upper()}{proof}: {' '.join(self.reasons)} Score {self.quality_score}/100."

    def lines(self) -> Iterator[str]:
        """The verdict, the evidence, what to do next."""
        yield self.decision()
        about = cut_end(self.task or self.goal or "a run", LINE)
        yield f"Report {self.report_id} of {about!r}{_of(self.job_id)}; whole: {self.whole()}"
        if self.exit_meaning:
            yield self.exit_meaning
        yield from (f"Warning: {warning}" for warning in self.warnings)
        yield from (run.told() for run in self.runs if len(self.runs) > 1)  # of one the reasons tell
        yield from self._root_cause()
        yield from self._failing()
        yield from listed("Do next", self.recommendations)
        yield from self._errors()
        yield from self._score()
        yield from self._learned()
        if self.notice:
            yield f"Notification: {self.notice}."

    def _root_cause(self) -> Iterator[str]:
        if cause := self.root_cause:
            place = f", {cause.file}{f':{cause.file_line}' if cause.file_line else ''}" if cause.file else ""
            where = f"log line {cause.line}" if cause.line else "from a report"
            yield f"Root cause ({where}{place}):"
            yield from as_data(cause.excerpt.split("\n"))

    def _failing(self) -> Iterator[str]:
        if self.failing_tests:
            shown = [cut_end(test, LINE) for test in self.failing_tests[:LISTED_TESTS]]
            more = len(self.failing_tests) - len(shown)
            red = self.tests.failed + self.tests.errors if self.tests else 0
            of = f" of {red} named" if red > len(self.failing_tests) else ""
            yield f"Failing tests ({len(self.failing_tests)}{of}):"
            yield from as_data([*shown, *([f"and {more} more"] if more else [])])

    def _errors(self) -> Iterator[str]:
        yield from listed(
            "Errors",
            (f"{e.severity} {e.type}: {counted(e.count, 'line')}, the first is line {e.line}" for e in self.errors),
        )
        if self.not_counted:
            lines = counted(sum(part.count for part in self.not_counted), "line")
            yield f"Not counted: {lines} with words of an error that tell of none, e.g."
            yield from (
                f"- line {part.line} ({part.type}): {part.reason}" for part in self.not_counted[:LISTED_DISMISSED]
            )

    def _score(self) -> Iterator[str]:
        parts = ", ".join(f"{part.name} {part.points:+d}" for part in self.score_parts)
        yield f"Score {self.quality_score} = {parts}"

    def _learned(self) -> Iterator[str]:
        if self.learnings:
            shown = self.learnings[:LISTED]
            more = len(self.learnings) - len(shown)
            yield f"Learnings ({len(self.learnings)}), {self._stored()}:"
            told = (cut_end(f"{part.type}: {part.content}", LINE) for part in shown)
            yield from as_data([*told, *([f"and {more} more"] if more else [])])

    def _stored(self) -> str:
        stored = self.learning_result.learnings_stored
        if self.verdict != "passed" or not self.validated:
            return "not stored, as only a run that was proven to pass teaches"
        if not stored:
            return "all known before"
        return f"{stored} new, stored with {counted(self.learning_result.relations_created, 'relation')}"


class ReportPart(Part):
    """One report in a list."""

    report_id: int
    job_id: str | None
    goal: str | None
    task: str
    verdict: VerdictName
    quality_score: int
    exit_code: int | None
    tests: TestsPart | None
    root_cause: RootCausePart | None
    filed_at: str

    @classmethod
    def of(cls, filed: "Filed") -> Self:
        """Translate a report briefly."""
        report = filed.report
        return cls(
            report_id=filed.id,
            job_id=None if filed.job_id is None else f"job-{filed.job_id}",
            goal=filed.goal,
            task=cut_end(filed.task, LINE),
            verdict=report.verdict,
            quality_score=report.quality_score,
            exit_code=report.exit_code,
            tests=TestsPart(**asdict(report.tests)) if report.tests else None,
            root_cause=RootCausePart(**asdict(report.root_cause)) if report.root_cause else None,
            filed_at=timestamp(filed.filed_at),
        )

    def told(self) -> str:
        """The report in a line."""
        tests = f", {self.tests.told()}" if self.tests else ""
        code = "" if self.exit_code is None else f", exit code {self.exit_code}"
        about = f"{self.task or self.goal or 'a run'}{_of(self.job_id)}"
        return f"{self.report_id} {self.filed_at} {self.verdict} {self.quality_score}/100{code}{tests}: {about}"


class ReportsReply(Reply):
    """The answer of list_reports."""

    total: int
    reports: list[ReportPart]

    def lines(self) -> Iterator[str]:
        """How many there are, then the newest, one a line."""
        if not self.reports:
            yield "No reports."
            return
        yield f"{counted(self.total, 'report')}; the newest {len(self.reports)}, newest first:"
        yield from (f"- {cut_end(report.told(), 2 * LINE)}" for report in self.reports)


def _of(job_id: str | None) -> str:
    return f" ({job_id})" if job_id else ""


def _found(report: "Report") -> dict[str, object]:
    """The fields that a report itself has."""
    fields = {name: value for name, value in asdict(report).items() if name != "dismissed"}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
    return plain | {"not_counted": [asdict(part) for part in report.dismissed]}
