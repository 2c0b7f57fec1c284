"""What kinds of facts a log states."""

TEST = "test"  #: a test that failed, as the runner's summary names it
CASE = "case"  #: a test that failed, as the runner's tree names it; told only when there is no summary
SUITE = "suite"  #: a file or package of tests that failed
EXCEPTION = "exception"  #: type and message
DETAIL = "detail"  #: what was said with a test or exception
EXPECTED = "expected"  #: what was wanted and what was got
DIFF = "diff"  #: a line that is wanted and missing, or the other way round
LEGEND = "legend"  #: says how to read a difference; never told
FRAME = "frame"  #: a place in the project's own code, without its line number
DIAGNOSTIC = "diagnostic"  #: what a compiler or linter complains about
CRASH = "crash"  #: how a process died
COMMAND = "command"  #: why a command could not do its work
SYMPTOM = "symptom"  #: a line that speaks of an error, of a program nobody knows
OUTPUT = "output"  #: any other line; told only when nothing is known
EXIT = "exit"  #: the exit code
AFTERMATH = "aftermath"  #: says that something failed and not what; never told
NOISE = "noise"  #: looks like a failure and is none; never told

UNTOLD = frozenset({LEGEND, AFTERMATH, NOISE})  #: kinds that do not tell one failure from another
