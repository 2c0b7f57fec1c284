import pytest

from tremaux_tools.core.knowledge import Entity
from tremaux_tools.core.recall.document import MAX_BODY, Document, document_of


def test_a_document_holds_the_observations_too() -> None:
    entity = Entity(
        "finding:1", "finding", "Raise poolSize", "Raise it.", ("It was 5.", "Raise it.", "HTTPServer hung.")
    )

    assert document_of(entity) == Document(
        "Raise poolSize", "Raise it.\nIt was 5.\nHTTPServer hung.", "pool Size HTTP Server", "kindfinding"
    )


@pytest.mark.parametrize(
    ("name", "idents"),
    [
        ("queue lockOrder", "queue lockOrder lock Order"),  # a person's word for it
        ("finding:c70b86dc9e013ec4", ""),  # ours
        ("Writers wait.", ""),  # what the title says, too
    ],
)
def test_a_learning_is_found_by_the_name_that_somebody_gave_it(name: str, idents: str) -> None:
    document = document_of(Entity(name, "finding", "Writers wait.", "Writers wait."))

    assert document.idents == idents


def test_a_document_is_bounded() -> None:
    entity = Entity("finding:1", "finding", "t", "", ("aB" * 100_000,) * 2)

    document = document_of(entity)

    assert len(document.body) == MAX_BODY
    assert len(document.idents) < 2 * MAX_BODY
