"""JUnit XML, as pytest, surefire, Gradle, ctest, jest-junit, go-junit-report, node --test and many others write it.

The dialects agree on the test case and on little else: some write their counts on suites, some on the root, some not
at all, and pytest counts on a suite what it has no case for. So cases are counted, and suites only believed in more.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from tremaux_tools.core.postflight.machine.values import failed, first, last_line, seconds
from tremaux_tools.core.postflight.results import Failed, Results
from tremaux_tools.core.runners import TestRun
from tremaux_tools.core.xml_text import legal_document
from tremaux_tools.reports.refusal import Unreadable

if TYPE_CHECKING:
    from junitparser import Error, Failure

MAX_DEPTH = 64  # elements in each other; suites nest by directory
MAX_ELEMENTS = 500_000
CHUNK = 1 << 16  # characters handed to the parser at a time
KEPT_OUTPUT = 2_000  # characters of what one test printed
HEAD = 8_192  # characters in which a runner shows itself

_ROOT = re.compile(r"<(?:\w{1,40}:)?testsuites?[\s/>]")
_PROLOG = re.compile(r"\s+|<\?[^?]{0,2000}\?>|<!--(?:[^-]|-(?!->)){0,20000}-->")
_PRINTED = frozenset({"system-out", "system-err"})  # by a test; it can be most of the file
# How each runner shows itself, and the name the reader of its text gives it.
_RUNNERS = tuple(
    (name, re.compile(shape))
    for name, shape in (
        ("pytest", r'<testsuite[^>]{0,400}\bname="pytest"|<testsuites name="pytest tests"'),
        ("jest", r'<testsuites name="jest tests"'),
        ("vitest", r'<testsuites name="vitest tests"'),
        ("mocha", r'<testsuites name="Mocha Tests"'),
        ("surefire", r"surefire-test-report|<property name=\"surefire\."),
        ("go", r'<property name="go\.version"'),
        ("nextest", r'<testsuites name="nextest-run"'),
        ("googletest", r'<testsuites[^>]{0,400} name="AllTests"'),
        ("phpunit", r'<testsuite name="[^"]{0,300}phpunit\.xml'),
        ("ctest", r'<testsuite name="[^"]{0,80}"\s{1,8}tests="\d{1,9}"\s{1,8}failures="\d{1,9}"\s{1,8}disabled='),
        ("node", r'<testsuites>\s{0,8}(?:<testsuite [^>]{0,400}>\s{0,8})?<testcase [^>]{0,400} classname="test"'),
    )
)
_SAYS_NOTHING = frozenset({"", "failed", "failure", "error", "collection failure"})
_COUNT = re.compile(r"\d{1,9}")
_LINE = re.compile(r"[1-9]\d{0,8}")
_NOT_RUN = frozenset({"notrun", "disabled", "skipped", "ignored", "suppressed"})  # ctest, GoogleTest


def is_junit(text: str) -> bool:
    """Tell whether a text is JUnit XML, whole or cut off.

    Raises:
        Unreadable: it declares a document type, which no runner does and attackers do.
    """
    place = 0
    while part := _PROLOG.match(text, place):
        place = part.end()
    if text.startswith("<!DOCTYPE", place) and _ROOT.search(text):
        raise Unreadable("it declares a document type")
    return _ROOT.match(text, place) is not None


def read_junit(text: str) -> Results:
    """Read JUnit XML.

    Raises:
        Unreadable: it is cut off, damaged, or larger than any test run.
    """
    root = _parsed(legal_document(text))
    runner = _runner(text[:HEAD])
    cases = list(_cases(root))
    passed = _passed_by_pytest(root, cases) if runner == "pytest" else None
    counts = Counter(case.outcome for case in cases)
    run = TestRun(
        runner,
        passed=counts["passed"] if passed is None else passed,
        failed=counts["failed"],
        errors=counts["errors"],
        skipped=counts["skipped"],
        xfailed=counts["xfailed"],
        duration_s=_duration(root),
    )
    return Results((run,), first(_failure(case.name, result, case.element) for case in cases for result in case.red))


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case."""

    name: str
    outcome: str  #: a field of `TestRun`
    red: "Sequence[Failure | Error]"  #: what was wrong with it
    element: Element


class _Tree:
    """Builds a tree of bounded size, without prefixes and most of what the tests printed."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._depth = 0
        self._elements = 0
        self._printed: int | None = None  # characters of what a test printed, within such an element

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"its elements are nested more than {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(f"it has more than {MAX_ELEMENTS} elements")
        name = tag.rpartition(":")[2]
        if name in _PRINTED:
            self._printed = 0
        self._builder.start(name, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._printed = None
        self._builder.end(tag.rpartition(":")[2])

    def data(self, text: str) -> None:
        if self._printed is not None:
            text = text[: max(0, KEPT_OUTPUT - self._printed)]
            self._printed += len(text)
        self._builder.data(text)

    def close(self) -> Element:
        return self._builder.close()


def _parsed(document: str) -> Element:
    tree = _Tree()
    # Entities need a document type, and a file with one never gets here: `is_junit` reads the prolog.
    parser = expat.ParserCreate()
    parser.buffer_text = True  # a text comes in few pieces, not line by line
    parser.buffer_size = CHUNK
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    try:
        for start in range(0, len(document), CHUNK):
            parser.Parse(document[start : start + CHUNK])
        parser.Parse("", True)
    except expat.ExpatError as error:
        raise Unreadable(f"it is cut off or damaged ({error})") from error
    return tree.close()


def _cases(root: Element) -> Iterator[_Case]:
    from junitparser import Error, Failure, Skipped, TestCase  # noqa: PLC0415  # costs start-up time; few jobs need it

    # Not by suites: `node --test` writes cases that are in none.
    for element in root.iter("testcase"):
        case: TestCase = TestCase.fromelem(element)  # type: ignore[no-untyped-call]
        results = case.result
        red = [result for result in results if isinstance(result, Failure | Error)]
        skipped = next((result for result in results if isinstance(result, Skipped)), None)
        name = _name(case.classname or "", case.name or "")
        if any(isinstance(result, Error) for result in red):
            yield _Case(name, "errors", red, element)
        elif skipped is not None:  # also where it failed too: what is still to do
            yield _Case(name, "xfailed" if skipped.type == "pytest.xfail" else "skipped", [], element)
        elif red:
            yield _Case(name, "failed", red, element)
        else:
            states = {element.get("status", "").lower(), element.get("result", "").lower()}
            yield _Case(name, "skipped" if states & _NOT_RUN else "passed", [], element)


def _name(group: str, name: str) -> str:
    """How a test is called; ctest and node repeat themselves."""
    return name if group in ("", "test", name) else f"{group}.{name}"


def _failure(name: str, result: "Failure | Error", element: Element) -> Failed:
    trace = (result.text or "").strip()
    message = (result.message or "").strip()
    if message.lower() in _SAYS_NOTHING:
        # ctest and others say why only in what the test printed.
        message = last_line(trace) if message == "collection failure" else trace or element.findtext("system-out", "")
    found = failed(name, message, trace=trace or message, file=element.get("file", ""))
    line = element.get("line", "")
    if found.line is None and _LINE.fullmatch(line):
        found = replace(found, line=int(line))
    return found


def _passed_by_pytest(root: Element, cases: list[_Case]) -> int | None:
    """What passed, by pytest's suite: a test that passed and then broke on teardown is only an error among its cases.

    One that failed and then broke is two cases, but one of the tests that the suite counts. None where another program
    wrote the suite anew, without its counts.
    """
    counted = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in root.iter("testsuite"):
        for name in counted:
            if not _COUNT.fullmatch(value := suite.get(name, "")):
                return None
            counted[name] += int(value)
    names = Counter(case.name for case in cases if case.red)
    twice = sum(names.values()) - len(names)
    return max(0, 2 * counted["tests"] - sum(counted.values()) + twice)


def _runner(head: str) -> str:
    return next((name for name, shape in _RUNNERS if shape.search(head)), "junit")


def _duration(root: Element) -> float | None:
    """The time told by the root, or by all suites that are in no other; None if they are not the whole."""
    if root.find("testcase") is not None and root.tag == "testsuites":
        return None
    times = [root.get("time")] if root.get("time") else [suite.get("time") for suite in root.findall("testsuite")]
    try:
        numbers = [seconds(float(time.replace(",", ""))) for time in times if time]
    except ValueError:
        return None
    known = [number for number in numbers if number is not None]
    return round(sum(known), 6) if known else None
