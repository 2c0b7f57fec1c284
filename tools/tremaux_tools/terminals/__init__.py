# ruff: noqa: ASYNC109, D102
"""Terminals: what is asked of them, until the service itself is merged."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from tremaux_tools.core.terminal.values import Capture, Job, Opening, Run, Sent, Terminal, Waited

Progress = Callable[[float, float], Awaitable[None]]


class Terminals:
    """The service's shape."""

    async def open_session(self, opening: Opening, *, project: str) -> Terminal:
        raise NotImplementedError

    async def send_keys(
        self, target: str, text: str = "", *, enter: bool = True, delay_enter: float = 0.0, keys: Sequence[str] = ()
    ) -> Sent:
        raise NotImplementedError

    async def capture_pane(
        self, target: str, *, lines: int = 0, ansi: bool = False, since: str | None = None
    ) -> Capture:
        raise NotImplementedError

    async def wait_for_prompt(
        self, target: str, pattern: str, *, stop: str | None = None, timeout: float, progress: Progress | None = None
    ) -> Waited:
        raise NotImplementedError

    async def wait_for_idle(
        self,
        target: str,
        *,
        quiet: float = 0.5,
        mode: Literal["output", "screen"] = "output",
        timeout: float,
        progress: Progress | None = None,
    ) -> Waited:
        raise NotImplementedError

    async def wait_for_shell_prompt(self, target: str, *, timeout: float, progress: Progress | None = None) -> Waited:
        raise NotImplementedError

    async def run_command(self, target: str, command: str, *, timeout: float, progress: Progress | None = None) -> Run:
        raise NotImplementedError

    async def get_job(self, job_id: str, *, wait: float, tail: int) -> Job:
        raise NotImplementedError

    async def cancel_job(self, job_id: str) -> Job:
        raise NotImplementedError

    async def job_log(self, job_id: str) -> str:
        raise NotImplementedError

    async def list_sessions(self) -> Sequence[Terminal]:
        raise NotImplementedError

    async def close_session(self, target: str) -> Terminal:
        raise NotImplementedError

    async def attach(self, target: str) -> Sequence[str]:
        raise NotImplementedError

    async def close(self) -> None:
        pass
