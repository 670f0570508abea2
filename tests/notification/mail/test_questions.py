"""Nobody's address can be flooded with questions (notifications N-61)."""

import pytest

from zaqar.notification.mail.questions import BETWEEN, MOST, MOST_OF_PROJECT, PERIOD, Questions

TOO_OFTEN = "the address was asked too often today"


class Asker:
    """Asks, each time with another message."""

    def __init__(self):
        self.now = 0.0
        self.count = 0
        self.questions = Questions(lambda: self.now)

    def ask(self, address="a@b", *, project="p", what=None, message_id=None):
        self.count += 1
        what = self.count if what is None else what
        message_id = message_id or str(self.count)
        return self.questions.refusal(address, project=project, what=what, message_id=message_id)


@pytest.fixture
def asker():
    return Asker()


def test_a_project_has_an_address_asked_a_few_times_a_day(asker):
    answers = [asker.ask() for _ in range(MOST_OF_PROJECT + 2)]

    assert answers == [None] * MOST_OF_PROJECT + [TOO_OFTEN] * 2
    assert asker.ask(project="other") is None
    assert asker.ask("c@d") is None


def test_all_projects_together_have_an_address_asked_a_few_times_a_day(asker):
    answers = [asker.ask(project=str(number)) for number in range(MOST + 1)]

    assert answers == [None] * MOST + [TOO_OFTEN]


@pytest.mark.parametrize("same", ["A@B", "a+1@b"])
def test_other_ways_to_write_an_address_are_the_same(asker, same):
    for _ in range(MOST_OF_PROJECT):
        asker.ask()

    assert asker.ask(same) == TOO_OFTEN


def test_after_a_day_it_is_asked_again(asker):
    for _ in range(MOST_OF_PROJECT):
        asker.ask()
    asker.now = PERIOD

    assert asker.ask() is None


def test_the_same_is_not_asked_twice_in_a_minute(asker):
    assert asker.ask(what="s1") is None
    assert asker.ask(what="s1") == "the same was asked a moment ago"
    assert asker.ask(what="s2") is None
    asker.now = BETWEEN
    assert asker.ask(what="s1") is None


def test_a_question_that_is_tried_again_counts_once(asker):
    answers = [asker.ask(what="s1", message_id="m") for _ in range(100)]

    assert answers == [None] * 100
    assert asker.ask() is None
