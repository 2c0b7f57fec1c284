"""JUnit XML of a report, for the CI services that show it: Jenkins, GitLab, CircleCI and many more.

The dialect is the one of Jenkins' xUnit plugin (junit-10.xsd), which pytest writes too. A log names the tests that
failed and counts the others, so the counts stand in the suite's attributes, and cases are written for what is named.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tremaux_tools.core.postflight.formats.blame import (
    EXIT_CODE,
    failing_with_cause,
    needs_exit_code,
    outcome_text,
    why,
)
from tremaux_tools.core.postflight.report import Report
from tremaux_tools.core.xml_text import legal


def as_junit(report: Report, *, name: str) -> str:
    """Write a report as JUnit XML; `name` is what ran."""
    root = Element("testsuites", name=legal(name))
    if report.tests:
        _add_tests(root, report, name)
    if needs_exit_code(report):
        _add_exit_code(root, report, name)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_tests(root: Element, report: Report, name: str) -> None:
    tests = report.tests
    assert tests is not None
    suite = SubElement(
        root,
        "testsuite",
        name=legal(f"{name} ({tests.runner})"),
        tests=str(tests.passed + tests.failed + tests.errors + tests.skipped + tests.xfailed),
        failures=str(tests.failed),
        errors=str(tests.errors),
        skipped=str(tests.skipped + tests.xfailed),  # as pytest does
    )
    if tests.duration_s is not None:
        suite.set("time", f"{tests.duration_s:.3f}")
    for test, cause in failing_with_cause(report):
        case = SubElement(suite, "testcase", name=legal(test), classname=legal(tests.runner))
        said = legal(why(cause))
        failure = SubElement(case, "failure", message=said.partition("\n")[0])
        failure.text = said
    SubElement(suite, "system-out").text = legal(outcome_text(report))


def _add_exit_code(root: Element, report: Report, name: str) -> None:
    is_failed, is_open = report.verdict == "failed", report.verdict == "uncertain"
    suite = SubElement(
        root,
        "testsuite",
        name=legal(name),
        tests="1",
        failures=str(int(is_failed)),
        errors="0",
        skipped=str(int(is_open)),
    )
    case = SubElement(suite, "testcase", name=EXIT_CODE, classname=legal(name))
    said = outcome_text(report)
    if is_failed or is_open:
        outcome = SubElement(case, "failure" if is_failed else "skipped", message=legal(said.partition("\n")[0]))
        outcome.text = legal(said)
