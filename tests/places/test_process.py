"""What a plain process does that no terminal can."""

import pytest
from tests.places.conftest import Bench

from tremaux_tools.core.job import Typed
from tremaux_tools.errors import BadArgument
from tremaux_tools.places.process import ProcessPlace

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["process"])]


async def test_its_standard_input_is_empty(bench: Bench) -> None:
    ended, told = await bench.run("cat; test -t 0 || echo no terminal")

    assert (ended.exit_code, told) == (0, b"no terminal\n")


async def test_nothing_can_be_typed_into_it(bench: Bench) -> None:
    with pytest.raises(BadArgument, match="no terminal"):
        await bench.submit("touch ran", typed=Typed("go"))

    assert not (bench.cwd / "ran").exists()


async def test_what_still_writes_to_the_log_ends_with_the_command_and_a_daemon_lives_on(bench: Bench) -> None:
    quiet = "exec sleep 1000 </dev/null >/dev/null 2>&1"
    nonce = await bench.submit(f"sleep 1000 & setsid sleep 1000 & (setsid sh -c '{quiet}' &); exit 4")
    ended = await bench.place.wait(nonce)
    left = await bench.members(nonce)
    await bench.place.stop(nonce)

    assert (ended.exit_code, ended.cause) == (4, "")
    assert len(left) == 1
    assert isinstance(bench.place, ProcessPlace)
    assert not await bench.members(nonce)


async def test_what_a_helper_prints_last_is_kept(bench: Bench) -> None:
    _, told = await bench.run("(while kill -0 $$; do :; done 2>/dev/null; echo late) & echo early")

    assert told == b"early\nlate\n"
