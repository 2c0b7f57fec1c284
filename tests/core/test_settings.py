"""The registered settings: what they take, what they refuse, and that each makes sense."""

import math
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremaux_tools.core.settings import SETTINGS, Setting, find_setting, registry
from tremaux_tools.core.settings.registry import MAX_WORKERS, STALL
from tremaux_tools.core.stall import StallSettings
from tremaux_tools.errors import BadArgument

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "settings.md"
NAMES = sorted(SETTINGS)
NUMBERS = [name for name in NAMES if type(SETTINGS[name].default) in (int, float)]
UNITS = {"", "workers", "cores", "seconds", "attempts", "laps"}


def values_of(setting: Setting[Any]) -> st.SearchStrategy[Any]:
    if isinstance(setting.default, bool):
        return st.booleans()
    if isinstance(setting.default, str):
        return st.sampled_from(setting.choices)
    if isinstance(setting.default, int):
        return st.integers(int(setting.least), int(setting.most))
    return st.floats(setting.least, setting.most)


@given(st.sampled_from(NAMES), st.data())
def test_a_value_is_read_as_it_is_shown(name: str, data: st.DataObject) -> None:
    setting = SETTINGS[name]
    value = data.draw(values_of(setting))

    read = setting.parse(f" {value} ")

    assert (read, type(read)) == (value, type(setting.default))
    assert setting.check(value) == value


@given(st.sampled_from(NUMBERS), st.data())
def test_no_number_beyond_the_bounds_is_taken(name: str, data: st.DataObject) -> None:
    setting = SETTINGS[name]
    beyond = data.draw(
        st.one_of(
            st.integers(max_value=math.ceil(setting.least) - 1),
            st.integers(min_value=math.floor(setting.most) + 1),
            st.sampled_from([math.nan, math.inf, -math.inf, 10**400]),
        )
    )

    for refuse in (lambda: setting.check(beyond), lambda: setting.parse(str(beyond))):
        with pytest.raises(BadArgument, match=re.escape(f"{name} cannot be ")) as raised:
            refuse()
        assert raised.value.hint == f"It takes {setting.range}."


@given(
    st.sampled_from(NAMES),
    st.one_of(st.none(), st.text(max_size=9), st.lists(st.integers(), max_size=2), st.binary(max_size=3)),
)
def test_nothing_of_another_kind_is_taken(name: str, wrong: object) -> None:
    setting = SETTINGS[name]
    if wrong in setting.choices:
        return

    with pytest.raises(BadArgument, match="cannot be"):
        setting.check(wrong)


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        pytest.param("tickets.timeout", 60, 60.0, id="a whole number where any will do"),
        pytest.param("dispatch.max_workers", 4.0, None, id="a number with a point where a whole one is wanted"),
        pytest.param("dispatch.max_workers", True, None, id="a flag for a number"),
        pytest.param("retry.timeout_factor", True, None, id="a flag for a number with a point"),
        pytest.param("learning.enabled", 1, None, id="a number for a flag"),
    ],
)
def test_kinds_are_told_apart(name: str, value: object, taken: object) -> None:
    setting = SETTINGS[name]
    if taken is None:
        with pytest.raises(BadArgument):
            setting.check(value)
    else:
        assert type(setting.check(value)) is type(taken)
        assert setting.check(value) == taken


@pytest.mark.parametrize(("told", "meant"), [("yes", True), ("ON", True), ("false", False), ("no", False)])
def test_a_flag_is_read_in_a_persons_words(told: str, *, meant: bool) -> None:
    assert find_setting("learning.enabled").parse(told) is meant


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_makes_sense_by_itself(name: str) -> None:
    setting = SETTINGS[name]

    assert re.fullmatch(r"[a-z]+\.[a-z_]+", setting.name)
    assert re.fullmatch(r"[A-Za-z][^.]*(\.[a-z][^.]*)*\.", setting.about), "one sentence"
    assert setting.check(setting.default) == setting.default
    assert setting.unit in UNITS
    assert bool(setting.choices) == isinstance(setting.default, str)
    if name in NUMBERS:
        assert 0 <= setting.least < setting.most < math.inf
        for fits in (setting.least, setting.most):
            assert setting.parse(f"{fits:g}") == fits
        for beyond in (setting.least - 1, setting.most + 1):
            with pytest.raises(BadArgument, match=f"{name} cannot be"):
                setting.parse(f"{beyond:g}")


def test_what_only_a_person_changes_is_never_tried_and_all_else_is() -> None:
    guarded = {name for name in NAMES if SETTINGS[name].is_guarded}

    assert guarded == {name for name in NAMES if SETTINGS[name].tried_by == "none"}


def test_every_setting_is_read_by_what_it_is_about() -> None:
    declared = {name for name, value in vars(registry).items() if isinstance(value, Setting)}
    proposing = ROOT / "tools" / "tremaux_tools" / "core"  # to propose a change of a setting is not to heed it
    read = set()
    for module in (ROOT / "tools").rglob("*.py"):
        if not module.is_relative_to(proposing):
            for names in re.findall(r"core\.settings\.registry import \(?([A-Z_,\s]+)", module.read_text()):
                read |= set(re.findall("[A-Z_]+", names))

    assert read >= declared | {"STALL"}


def test_every_threshold_of_stall_detection_is_a_setting_with_the_same_default_and_bounds() -> None:
    thresholds = {field.name for field in fields(StallSettings) if isinstance(field.default, int)}
    assert set(STALL) == thresholds
    for field, setting in STALL.items():
        assert setting.default == getattr(StallSettings(), field)
        for fits in (int(setting.least), int(setting.most)):
            assert getattr(StallSettings(**{field: fits}), field) == fits
        for beyond in (int(setting.least) - 1, int(setting.most) + 1):
            with pytest.raises(ValueError, match=field):
                StallSettings(**{field: beyond})


def test_a_name_that_is_nearly_right_is_told_what_was_meant() -> None:
    assert find_setting(" dispatch.max_workers ") is MAX_WORKERS
    with pytest.raises(BadArgument, match="no setting 'max_workers'") as near:
        find_setting("max_workers")
    with pytest.raises(BadArgument) as far:
        find_setting("?")

    assert near.value.hint == "Did you mean dispatch.max_workers?"
    assert set(NAMES) <= set(re.findall(r"[a-z]+\.[a-z_]+", far.value.hint))


def test_the_guide_lists_every_setting_as_it_is_declared() -> None:
    rows = [
        f"| `{setting.name}` | {shown(setting.default)} | {setting.range} | {setting.about} |"
        for setting in SETTINGS.values()
    ]

    assert "\n".join(rows) in GUIDE.read_text()


def shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
