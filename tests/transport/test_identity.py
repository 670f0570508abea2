import pytest

from zaqar.transport.identity import ClientIdRule
from zaqar.transport.status import InvalidClientId, MissingHeader

STRICT = ClientIdRule(is_strict=True, least=10, most=36)
FREE = ClientIdRule(is_strict=False, least=3, most=36)
CANONICAL = "3381af92-2b9e-11e3-b191-71861300734c"


@pytest.mark.parametrize("rule", [STRICT, FREE])
@pytest.mark.parametrize(
    "spelling",
    [
        CANONICAL,
        CANONICAL.upper(),
        CANONICAL.replace("-", ""),
        f"{{{CANONICAL.replace('-', '')}}}",
        "3381af922b9e-11e3b191-71861300734c",
    ],
)
def test_every_spelling_of_a_uuid_has_one_form(rule, spelling):
    assert rule.canonical(spelling) == CANONICAL


@pytest.mark.parametrize("prefix", ["urn:uuid:", "uuid:"])
def test_a_prefix_is_tolerated(prefix):
    assert STRICT.canonical(prefix + CANONICAL) == CANONICAL


@pytest.mark.parametrize("value", ["", "x", CANONICAL[:-1], CANONICAL + "0", "g" * 32, CANONICAL + "\n", "\uff11" * 32])
def test_anything_else_is_refused_where_uuids_are_asked_for(value):
    with pytest.raises(InvalidClientId, match="Malformed hexadecimal UUID"):
        STRICT.canonical(value)


def test_any_text_of_a_length_will_do_where_it_may():
    assert [FREE.canonical(value) for value in ("abc", "a b", "x" * 36)] == ["abc", "a b", "x" * 36]
    for value in ("", "ab", "x" * 37):
        with pytest.raises(InvalidClientId, match="3 to 36"):
            FREE.canonical(value)


@pytest.mark.parametrize("rule", [STRICT, FREE])
def test_the_header_must_be_there(rule):
    with pytest.raises(MissingHeader):
        rule.canonical(None)
