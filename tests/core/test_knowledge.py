import json

from tremaux_tools.core.knowledge import Entity, Relation
from tremaux_tools.core.sharing.memory_lines import as_memory_lines


def test_lines_are_those_of_the_reference_memory_server() -> None:
    entities = [
        Entity("finding:1", "finding", "Title", 'The "body"\nof it', ("type: fix",)),
        Entity("tool:x", "tool", "x"),
    ]
    lines = [json.loads(line) for line in as_memory_lines(entities, [Relation("tool:x", "used_in", "finding:1")])]

    assert lines == [
        {
            "type": "entity",
            "name": "finding:1",
            "entityType": "finding",
            "observations": ['The "body"\nof it', "type: fix"],
        },
        {"type": "entity", "name": "tool:x", "entityType": "tool", "observations": ["x"]},
        {"type": "relation", "from": "tool:x", "to": "finding:1", "relationType": "used_in"},
    ]
