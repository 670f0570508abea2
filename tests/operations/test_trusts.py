"""The trust that a request gives for a subscription, and what becomes of the one that was there."""

import pytest

from zaqar.context import Context, Token
from zaqar.errors import Invalid, SubscriberTaken, Unavailable
from zaqar.models import NewSubscription, Subscription
from zaqar.operations.trusts import NoTrusts, Pledge

CALLER = Context("project", "me", "req", "somebody", ("member",), token=Token("t0ken"))
TRUSTED = "trust+https://example.com/hook"
PLAIN = "https://example.com/hook"


class Trusts:
    """Makes trusts, and remembers which are left."""

    are_made = True

    def __init__(self, *there):
        self.left = set(there)
        self.seconds = []

    def create(self, context, *, seconds):
        self.seconds.append(seconds)
        made = f"trust-{len(self.seconds)}"
        self.left.add(made)
        return made

    def delete(self, context, trust_ids):
        self.left.difference_update(trust_ids)


def new(subscriber=TRUSTED, **options):
    return NewSubscription(subscriber, 300, options, "secret")


def stored(subscriber=TRUSTED, trust_id="old", **given):
    options = {} if trust_id is None else {"trust_id": trust_id}
    return Subscription("id", subscriber, 300, 0, **{"options": options, "secret": "secret", **given})


def replaced(old, *, subscriber=None, options=None, restarts=False, trusts=None):
    """Change what is stored; return what is then, and the trusts that are left."""
    trusts = trusts or Trusts("old")
    with Pledge(trusts, CALLER) as pledge:
        wanted = Subscription(
            "id", subscriber or old.subscriber, 300, 0, old.options if options is None else options, "secret"
        )
        made = pledge.covering(wanted, old=old, restarts=restarts)
        pledge.settle(made, before=old)
    return made, trusts.left


@pytest.mark.parametrize("subscriber", [TRUSTED, "trust+http://example.com", "TRUST+HTTPS://example.com"])
def test_a_subscriber_with_a_trust_gets_one_for_as_long_as_it_lives(subscriber):
    trusts = Trusts()

    with Pledge(trusts, CALLER) as pledge:
        made = pledge.covering(new(subscriber, a=1))
        pledge.settle(stored(options=made.options))

    assert made.options == {"a": 1, "trust_id": "trust-1"}
    assert trusts.seconds == [300]
    assert trusts.left == {"trust-1"}


def test_any_other_subscriber_gets_none():
    trusts = Trusts()

    made = Pledge(trusts, CALLER).covering(new(PLAIN))

    assert made.options == {}
    assert trusts.seconds == []


@pytest.mark.parametrize("subscriber", [TRUSTED, PLAIN])
@pytest.mark.parametrize("trust_id", ["somebody's", 1, ["old"], {}])
def test_the_trust_of_another_cannot_be_ridden_on(subscriber, trust_id):
    trusts = Trusts()

    with pytest.raises(Invalid, match="trust_id"):
        Pledge(trusts, CALLER).covering(new(subscriber, trust_id=trust_id))

    assert trusts.seconds == []


def test_a_trust_is_removed_when_the_subscriber_was_there_already():
    trusts = Trusts("old")

    with Pledge(trusts, CALLER) as pledge:
        pledge.covering(new())
        pledge.settle(stored())

    assert trusts.left == {"old"}


def failing(trusts, error):
    """Give a trust for a subscription that is not stored."""
    with Pledge(trusts, CALLER) as pledge:
        pledge.covering(new())
        raise error


def test_a_trust_is_removed_when_the_subscription_is_refused_after_all():
    trusts = Trusts()

    with pytest.raises(SubscriberTaken):
        failing(trusts, SubscriberTaken("It is taken."))

    assert trusts.left == set()


def test_a_trust_stays_when_nobody_knows_whether_the_store_has_the_subscription():
    trusts = Trusts()

    with pytest.raises(Unavailable):
        failing(trusts, Unavailable("The store does not answer."))

    assert trusts.left == {"trust-1"}


@pytest.mark.parametrize("options", [None, {}, {"b": 2}, {"b": 2, "trust_id": "old"}])
def test_other_options_keep_the_trust(options):
    made, left = replaced(stored(), options=options)

    assert made.options == {**(options or {}), "trust_id": "old"}
    assert left == {"old"}


@pytest.mark.parametrize("name", ["post_data", "post_headers"])
@pytest.mark.parametrize("before", [{}, {"a": "1"}])
def test_what_is_sent_with_a_trust_is_said_by_whoever_gave_it(name, before):
    """A workflow, say, is named there, which would run by the right of somebody else."""
    old = stored(options={"trust_id": "old", name: before} if before else {"trust_id": "old"})

    made, left = replaced(old, options={name: {"a": "2"}})

    assert made.options == {name: {"a": "2"}, "trust_id": "trust-1"}
    assert left == {"trust-1"}


def test_another_address_has_a_trust_of_whoever_changed_it():
    made, left = replaced(stored(), subscriber="trust+https://example.com/other")

    assert made.options == {"trust_id": "trust-1"}
    assert left == {"trust-1"}


def test_a_longer_life_needs_another_trust():
    made, left = replaced(stored(), restarts=True)

    assert made.options == {"trust_id": "trust-1"}
    assert left == {"trust-1"}


def test_an_address_without_trust_leaves_none():
    made, left = replaced(stored(), subscriber=PLAIN)

    assert made.options == {}
    assert left == set()


def test_an_address_with_trust_gets_one_in_the_place_of_none():
    made, left = replaced(stored(PLAIN, trust_id=None), subscriber=TRUSTED, options={"c": 3}, trusts=Trusts())

    assert made.options == {"c": 3, "trust_id": "trust-1"}
    assert left == {"trust-1"}


def test_a_change_that_is_tried_again_needs_one_trust_only():
    trusts = Trusts("old")

    with Pledge(trusts, CALLER) as pledge:
        wanted = stored("trust+https://example.com/other")
        first = pledge.covering(wanted, old=stored())
        made = pledge.covering(wanted, old=stored())
        pledge.settle(made, before=stored())

    assert first == made
    assert trusts.left == {"trust-1"}


def test_where_no_trusts_are_made_the_reason_is_told():
    with pytest.raises(Unavailable, match="no Keystone here"):
        Pledge(NoTrusts("There is no Keystone here."), CALLER).covering(new())


def test_a_token_is_shown_nowhere():
    assert "t0ken" not in repr(CALLER)
    assert "t0ken" not in str(CALLER.token)
