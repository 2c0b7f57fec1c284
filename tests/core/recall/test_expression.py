from tremaux_tools.core.recall.expression import MAX_WORK, expression
from tremaux_tools.core.recall.terms import Term

MANY = 1_000_000  # documents


def terms(*held: int) -> list[Term]:
    return [Term(f"t{number}", f"t{number}", number) for number in held]


def test_any_term_will_do_where_there_are_few_documents() -> None:
    assert expression(terms(50, 60), documents=100) == '"t50" OR "t60"'


def test_only_the_rarest_terms_choose_where_there_are_many() -> None:
    enough = MAX_WORK // 3
    asked = expression(terms(500_000, 10, enough - 10), documents=MANY, kinds=["finding"], held=MANY)

    assert asked == f'("t10" OR "t{enough - 10}") AND (tags : ("kindfinding") OR "t500000")'


def test_the_rarest_term_chooses_even_if_it_is_common() -> None:
    assert expression(terms(500_000, 400_000), documents=MANY).startswith('("t400000") AND ')


def test_a_rare_kind_chooses_instead() -> None:
    asked = expression(terms(500_000, 400_000), documents=MANY, kinds=["skill", "tool"], held=20)

    assert asked == '("t500000" OR "t400000") AND tags : ("kindskill" OR "kindtool")'


def test_the_rarer_the_kind_the_more_terms_choose() -> None:
    enough = MAX_WORK // 3
    asked = expression(terms(3 * enough, 5, MANY), documents=MANY, kinds=["skill"], held=MANY // 4)

    assert asked == f'(("t5" OR "t{3 * enough}") AND (tags : ("kindskill") OR "t{MANY}")) AND tags : ("kindskill")'


def test_nothing_in_a_word_is_syntax() -> None:
    assert expression([Term('a" OR "b', "a", 1)], documents=2) == '"a"" OR ""b"'
