"""Values as the JSON that columns keep and `json_each` reads."""

import json


def as_json(value: object) -> str:
    """A value in as few bytes as JSON takes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
