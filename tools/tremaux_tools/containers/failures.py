"""Turn what the Docker SDK raises into what a caller can mend."""

from collections.abc import Iterator
from contextlib import contextmanager

from tremaux_tools.containers.address import GET_ONE
from tremaux_tools.errors import BadArgument, PlaceUnavailable, UnknownItem

MAX_SAID = 300  # characters of the engine's own words in a message


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Run calls of the SDK about `what`, such as `image 'debian'`; to be used in a thread.

    Raises:
        UnknownItem: the engine does not know it.
        BadArgument: the engine refuses what was asked.
        PlaceUnavailable: the engine does not answer, or cannot do it now.
    """
    from docker.errors import APIError, DockerException, NotFound  # noqa: PLC0415 - imported only when used
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        yield
    except NotFound as error:
        raise UnknownItem(f"the container engine has no {what}", _how_to_get(what)) from error
    except APIError as error:
        said = f"the container engine refused: {_said(error)}"
        if error.status_code == 400:
            raise BadArgument(said, "Change what it names and try again.") from error
        raise PlaceUnavailable(said, "`docker ps -a` shows how the containers stand.") from error
    except (DockerException, RequestException, OSError) as error:
        raise _unreachable(error) from error


def _how_to_get(what: str) -> str:
    kind, _, name = what.partition(" ")
    if kind == "image":
        return f"Get it first: `docker pull {name.strip(chr(39))}`; Tremaux never fetches images."
    return "List those that run with `docker ps`."


def _said(error: Exception) -> str:
    explanation = getattr(error, "explanation", None) or str(error)
    return " ".join(str(explanation).split())[:MAX_SAID]


def _unreachable(error: Exception) -> PlaceUnavailable:
    text = repr(error)
    if "PermissionError" in text:
        return PlaceUnavailable(
            "this user may not use the container engine",
            "Use rootless Docker and name its socket in DOCKER_HOST, or run as a user of the group `docker`.",
        )
    if "timed out" in text or "Timeout" in text:
        return PlaceUnavailable("the container engine does not answer", "Look at `docker info`; restart the engine.")
    return PlaceUnavailable("no container engine answers", GET_ONE)
