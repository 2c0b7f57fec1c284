"""A real Docker engine for tests, and two images made without any registry.

The engine is a `dockerd` of our own on a socket in a temporary directory, or the one at `TREMAUX_TEST_DOCKER`.
The images on an engine that runs: `python -m tests.engine --address unix:///... --busybox bb:1 --debian deb:1`.
"""

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import pytest

BUSYBOX = "tremaux-test:busybox"  # one static binary, /etc/passwd and /tmp
DEBIAN = "tremaux-test:debian"  # bash, tmux, coreutils and what they are linked with
START = 60.0  # seconds for an engine to answer its first ping
STOP = 30.0  # seconds for it to end before it is killed

PASSWD = (
    b"root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
)
GROUP = b"root:x:0:\ntty:x:5:\nagent:x:1000:\nnogroup:x:65534:\n"
_PROGRAMS = """
    bash dash tmux [ awk base64 basename cat chmod chown clear cp cut date dd df dirname du echo env expr false find
    grep head hostname id infocmp kill less ln ls md5sum mkdir mkfifo mktemp mv nohup nproc od paste pgrep pkill
    printenv printf ps pwd readlink realpath reset rm rmdir script sed seq setsid sh sha256sum sleep sort stat stdbuf
    stty sync tail tee test timeout touch tput tr true tty uname uniq wc which who whoami xargs yes
"""
TERMINALS = ("dumb", "linux", "screen", "screen-256color", "tmux", "tmux-256color", "vt100", "xterm", "xterm-256color")
_LIBRARY = re.compile(r"(/\S+) \(0x")  # a line of ldd: `libc.so.6 => /lib/.../libc.so.6 (0x...)`


class NoEngine(Exception):
    """Why no engine can be had here."""


def busybox_files() -> bytes:
    """The tar of a root file system with busybox alone.

    Raises:
        NoEngine: busybox is not installed, or not static.
    """
    binary = shutil.which("busybox")
    if binary is None:
        raise NoEngine("busybox is not installed (`apt install busybox-static`)")
    if _libraries(binary):
        raise NoEngine("this busybox needs shared libraries (`apt install busybox-static`)")
    applets = subprocess.run([binary, "--list"], check=True, capture_output=True, text=True).stdout.split()
    tree = _Tree()
    tree.base()
    tree.directory("bin")
    tree.copy(binary, "bin/busybox")
    for applet in applets:
        if applet != "busybox":
            tree.link(f"bin/{applet}", "busybox")
    return tree.finish()


def debian_files() -> bytes:
    """The tar of a root file system with this machine's own bash, tmux and coreutils.

    Raises:
        NoEngine: tmux or bash is not installed here.
    """
    found = {name: path for name in _PROGRAMS.split() if (path := shutil.which(name))}
    missing = {"bash", "tmux", "cat"} - found.keys()
    if missing:
        raise NoEngine(f"{' and '.join(sorted(missing))} not installed")
    tree = _Tree()
    tree.base()
    tree.directory("usr", "usr/bin")
    tree.link("bin", "usr/bin")
    for name, path in found.items():
        tree.copy(os.path.realpath(path), f"usr/bin/{name}")
    for library in sorted({library for path in found.values() for library in _libraries(path)}):
        tree.copy(os.path.realpath(library), library.lstrip("/"))
    for name in TERMINALS:
        for root in ("/lib/terminfo", "/usr/share/terminfo"):
            if (entry := Path(root, name[0], name)).exists():
                tree.copy(str(entry.resolve()), str(entry).lstrip("/"))
                break
    for entry in sorted(Path("/usr/lib/locale/C.utf8").rglob("*")):
        if entry.is_file():
            tree.copy(str(entry), str(entry).lstrip("/"))
    return tree.finish()


class _Tree:
    """A tar of a root file system, in memory."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._buffer, mode="w")
        self._directories: set[str] = set()

    def base(self) -> None:
        """What every image has."""
        self.directory("etc", "root", "home", "home/agent", "dev", "proc", "sys", "run", "var")
        self.directory("tmp", mode=0o1777)
        self.file("etc/passwd", PASSWD)
        self.file("etc/group", GROUP)

    def directory(self, *paths: str, mode: int = 0o755) -> None:
        for path in paths:
            if path and path not in self._directories:
                self.directory(path.rpartition("/")[0])
                self._directories.add(path)
                info = self._info(path, mode)
                info.type = tarfile.DIRTYPE
                if path == "home/agent":
                    info.uid = info.gid = 1000
                self._tar.addfile(info)

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        info = self._info(path, mode)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))

    def copy(self, source: str, path: str) -> None:
        self.directory(path.rpartition("/")[0])
        self.file(path, Path(source).read_bytes(), 0o755)

    def link(self, path: str, target: str) -> None:
        info = self._info(path, 0o777)
        info.type, info.linkname = tarfile.SYMTYPE, target
        self._tar.addfile(info)

    def finish(self) -> bytes:
        self._tar.close()
        return self._buffer.getvalue()

    @staticmethod
    def _info(path: str, mode: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(path)
        info.mode = mode
        return info


def _libraries(binary: str) -> Iterable[str]:
    listed = subprocess.run(["ldd", binary], check=False, capture_output=True, text=True)
    return _LIBRARY.findall(listed.stdout) if listed.returncode == 0 else ()


def make_images(address: str, *, busybox: str | None = BUSYBOX, debian: str | None = DEBIAN) -> None:
    """Import the two images under these tags; None leaves one out.

    Raises:
        NoEngine: this machine lacks what an image is made of.
    """
    client = docker.APIClient(base_url=address, version="auto", timeout=60)
    try:
        for tag, files in ((busybox, busybox_files), (debian, debian_files)):
            if tag:
                repository, _, version = tag.partition(":")
                client.import_image_from_data(files(), repository=repository, tag=version or "latest")
    finally:
        client.close()


@contextmanager
def own_engine() -> Iterator[str]:
    """Run a `dockerd` of our own; gives its address, and leaves no process, mount or file.

    Raises:
        NoEngine: dockerd is missing, may not run, or did not come up.
    """
    dockerd = shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin:/sbin")
    if dockerd is None:
        raise NoEngine("dockerd is not installed (`apt install docker.io`)")
    if os.geteuid() != 0:
        raise NoEngine("dockerd needs root; name a running engine with TREMAUX_TEST_DOCKER=unix:///var/run/docker.sock")
    home = Path(tempfile.mkdtemp(prefix="tremaux-engine-"))
    address = f"unix://{home}/docker.sock"
    command = [
        dockerd, f"--host={address}", f"--data-root={home}/data", f"--exec-root={home}/exec",
        f"--pidfile={home}/pid", "--bridge=none", "--iptables=false", "--ip-masq=false",
    ]  # fmt: skip
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        _await_ready(daemon, address, home / "log")
        yield address
    finally:
        _end(daemon)
        _remove(home)


def _await_ready(daemon: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and daemon.poll() is None:
        if _answers(address):
            return
        with suppress(subprocess.TimeoutExpired):
            daemon.wait(0.1)
    said = log.read_text("utf-8", "replace").strip().splitlines()
    raise NoEngine(f"dockerd did not start: {said[-1] if said else 'it said nothing'}")


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as trial:  # the SDK would leave its socket open where nobody answers
        if trial.connect_ex(address.removeprefix("unix://")):
            return False
    client = docker.APIClient(base_url=address, timeout=5)
    try:
        return bool(client.ping())
    except (docker.errors.DockerException, OSError):
        return False
    finally:
        client.close()


def _end(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.terminate()
    try:
        daemon.wait(STOP)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _remove(home: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{home}/")]):
        subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(home)


@contextmanager
def engine() -> Iterator[str]:
    """The address of an engine that holds the two images: the one at `TREMAUX_TEST_DOCKER`, or one of our own.

    Raises:
        NoEngine: none can be had here.
    """
    if given := os.environ.get("TREMAUX_TEST_DOCKER"):
        make_images(given)
        yield given
    else:
        with own_engine() as address:
            make_images(address)
            yield address


_SKIPPED = "no Docker engine: "  # begins why a test was skipped


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[str]:
    """The address of an engine that holds the two images; without one the test is skipped."""
    try:
        with engine() as address:
            yield address
    except NoEngine as error:
        pytest.skip(f"{_SKIPPED}{error}")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest's own summary: the last line but one
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say at the end, in one line, that and why containers were not tested, on whichever processor."""
    yield
    told = (str(report.longrepr[-1]) for report in terminalreporter.stats.get("skipped", ()))
    if why := next((text.partition(_SKIPPED)[2] for text in told if _SKIPPED in text), None):
        terminalreporter.write_line(f"Docker tests were skipped: {why}.", yellow=True)


def main() -> None:
    """Make the images on an engine that runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine", description=main.__doc__)
    parser.add_argument("--address", required=True, help="unix:///path/to/docker.sock")
    parser.add_argument("--busybox", metavar="TAG", help="an image with busybox alone")
    parser.add_argument("--debian", metavar="TAG", help="an image with bash, tmux and coreutils")
    given = parser.parse_args()
    make_images(given.address, busybox=given.busybox, debian=given.debian)


if __name__ == "__main__":
    main()
