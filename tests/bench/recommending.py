"""How long it takes to recommend learnings for a prompt."""

import asyncio
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from pydoc_data.topics import topics

from tremaux_tools import git
from tremaux_tools.core.knowledge import FINDING, PITFALL, Entity
from tremaux_tools.core.recall.document import document_of
from tremaux_tools.core.skills.category import category_of
from tremaux_tools.retrieval import Retrieval
from tremaux_tools.skills import Skills
from tremaux_tools.store import documents
from tremaux_tools.store.database import Database

LIBRARIES = {1_000: 3.0, 100_000: 40.0}  # learnings, and milliseconds of processor time that half the answers may take
PROMPTS = 100
PROMPT = 2_000  # characters
BATCH = 5_000  # learnings a transaction
_ADD = """
    INSERT INTO entity (entity_id, name, kind, title, body, category, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, 0, 0)"""


def measure(folder: Path) -> Iterator[str]:
    """Ask small and large libraries with long prompts; both are made of the sentences of Python's manual."""
    yield f"processor time of a recommendation for a prompt of {PROMPT:,} characters"
    for size, target in LIBRARIES.items():
        times = sorted(asyncio.run(_recommend(folder / f"{size}.db", size)))
        p99 = times[len(times) * 99 // 100]
        yield (
            f"  {size:7,} learnings  p50 {statistics.median(times):6.2f} ms, p99 {p99:6.2f} ms,"
            f" p50 to be at most {target} ms"
        )


async def _recommend(path: Path, size: int) -> list[float]:
    chance = random.Random(1)
    sentences = [s for text in topics.values() for s in re.split(r"(?<=[.:])\s+", text) if 4 <= len(s.split()) <= 40]
    database = Database(path)
    await _fill(database, size, sentences, chance)
    skills = Skills(database, Retrieval(database), clock=time.time)
    project = await git.find_project(path.parent)
    prompts = [" ".join(chance.choices(sentences, k=60))[:PROMPT] for _ in range(PROMPTS)]
    times = []
    for prompt in prompts * 2:  # the first time, what is common is not known yet
        start = time.process_time()
        await skills.recommend(project, prompt)
        times.append(1000 * (time.process_time() - start))
    await database.close()
    return times[PROMPTS:]


async def _fill(database: Database, size: int, sentences: Sequence[str], chance: random.Random) -> None:
    for start in range(1, size + 1, BATCH):
        async with database.transaction() as connection:
            for number in range(start, min(start + BATCH, size + 1)):
                kind = PITFALL if number % 10 == 0 else FINDING
                title, *body = (_crossed(chance.choice(sentences), chance.choice(sentences), chance) for _ in range(4))
                entity = Entity(f"{kind}:{number}", kind, title[:100], " ".join(body))
                values = (number, entity.name, kind, entity.title, entity.body, category_of(entity.body))
                await connection.execute(_ADD, values)
                await documents.put(connection, number, document_of(entity))
            await documents.settle(connection, whole=start + BATCH > size)


def _crossed(first: str, second: str, chance: random.Random) -> str:
    """The beginning of one sentence and the end of another: words stay as common as they are, in ever new company."""
    cut = chance.random()
    head, tail = first.split(), second.split()
    return " ".join(head[: round(cut * len(head))] + tail[round(cut * len(tail)) :])
