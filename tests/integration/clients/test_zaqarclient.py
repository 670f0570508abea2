"""python-zaqarclient as a library: what clients.md 3.3 lists of queues, messages and claims."""

import pytest
from zaqarclient.queues import client
from zaqarclient.transport import errors

# What a client is warned of by its own libraries is not for us to repair.
pytestmark = pytest.mark.filterwarnings("ignore")


def connect(server, project, **conf):
    options = {"auth_opts": {"backend": "noauth", "options": {"project_id": project}}}
    return client.Client(server.url, version=2, conf=options | conf)


@pytest.fixture
def zaqar(server, project):
    return connect(server, project)


@pytest.fixture
def queue(zaqar):
    return zaqar.queue("jobs")


def post(queue, *bodies):
    """Post messages and return their ids."""
    answer = queue.post([{"body": body, "ttl": 300} for body in bodies])
    return [path.rpartition("/")[2] for path in answer["resources"]]


def bodies(messages):
    return [message.body for message in messages]


def test_ping_and_home_document_tell_that_the_service_is_there(zaqar):
    assert zaqar.ping() is True
    assert "rel/queues" in zaqar.homedoc()["resources"]


def test_a_queue_is_created_shown_and_deleted(zaqar):
    queue = zaqar.queue("jobs", force_create=True)

    assert queue.exists()
    assert [found.name for found in zaqar.queues()[0]] == ["jobs"]

    queue.delete()
    queue.delete()

    assert list(zaqar.queues()[0]) == []


def test_queues_are_listed_page_by_page_with_details_and_their_number(zaqar):
    names = [f"queue-{number:02}" for number in range(7)]
    for name in names:
        zaqar.queue(name, force_create=True)

    queues, count = zaqar.queues(limit=3, detailed=True, with_count=True)
    found = list(queues.stream())

    assert count == 7
    assert [queue.name for queue in found] == names
    assert found[0].href == "/v2/queues/queue-00"
    assert found[0].metadata()["_default_message_ttl"] == 3600
    assert [queue.name for queue in zaqar.queues(marker="queue-04")[0]] == ["queue-05", "queue-06"]


def test_metadata_are_replaced_as_a_whole(zaqar):
    queue = zaqar.queue("jobs", force_create=True)
    reserved = queue.metadata()
    assert reserved["_max_messages_post_size"] == 262144

    assert queue.metadata({"colour": "red", "_default_message_ttl": 600})["_default_message_ttl"] == 600
    changed = queue.metadata({"size": 3})

    assert changed == {**reserved, "size": 3}
    assert queue.metadata(force_reload=True) == changed


def test_metadata_of_a_missing_queue_are_the_defaults_and_cannot_be_changed(queue):
    assert queue.metadata()["_default_message_ttl"] == 3600

    with pytest.raises(errors.ResourceNotFound):
        queue.metadata({"colour": "red"})


def test_messages_are_posted_listed_and_counted(queue):
    ids = post(queue, {"n": 1}, "two", None)

    found = list(queue.messages(echo=True))

    assert bodies(found) == [{"n": 1}, "two", None]
    assert [message.id for message in found] == ids
    assert all(message.ttl == 300 and message.age >= 0 and message.claim_id is None for message in found)
    stats = queue.stats["messages"]
    assert (stats["free"], stats["claimed"], stats["total"]) == (3, 0, 3)
    assert stats["oldest"]["href"].endswith(ids[0])
    assert stats["newest"]["href"].endswith(ids[2])


def test_one_message_can_be_posted_without_a_list_and_without_ttl(queue):
    queue.post({"body": "alone"})

    assert [message.ttl for message in queue.messages(echo=True)] == [3600]


def test_a_client_sees_its_own_messages_only_when_it_asks_for_an_echo(server, project, queue):
    uid = "3381AF92-2b9e-11e3-b191-71861300734c"
    post(connect(server, project, client_uuid=uid).queue("jobs"), "mine")

    same_client = connect(server, project, client_uuid=uid.replace("-", "").lower()).queue("jobs")

    assert bodies(same_client.messages()) == []
    assert bodies(same_client.messages(echo=True)) == ["mine"]
    assert bodies(queue.messages()) == ["mine"]


def test_messages_are_streamed_over_all_pages_and_the_stream_ends(queue):
    for first in range(0, 50, 10):
        post(queue, *range(first, first + 10))

    assert bodies(queue.messages(echo=True, limit=7).stream()) == list(range(50))


def test_a_listing_goes_on_after_a_marker(queue):
    ids = post(queue, "one", "two", "three")

    assert bodies(queue.messages(echo=True, marker=ids[0])) == ["two", "three"]
    assert bodies(queue.messages(echo=True, marker=ids[2])) == []


def test_delayed_messages_are_listed_on_demand_only(queue):
    queue.post([{"body": "now", "ttl": 300}, {"body": "later", "ttl": 300, "delay": 600}])

    assert bodies(queue.messages(echo=True)) == ["now"]
    assert bodies(queue.messages(echo=True, include_delayed=True)) == ["now", "later"]


def test_messages_are_read_by_id(queue):
    ids = post(queue, "one", "two", "three")

    assert queue.message(ids[1]).body == "two"
    assert sorted(bodies(queue.messages(ids[0], ids[2]))) == ["one", "three"]
    with pytest.raises(errors.ResourceNotFound):
        queue.message("0" * 30)


def test_messages_are_deleted_one_by_one_and_many_at_once(queue):
    ids = post(queue, "one", "two", "three", "four")

    queue.message(ids[0]).delete()
    queue.delete_messages(ids[1], ids[2])
    queue.delete_messages(ids[1])

    assert bodies(queue.messages(echo=True)) == ["four"]
    with pytest.raises(errors.ResourceNotFound):
        list(queue.messages(ids[0]))


def test_pop_takes_the_oldest_away(queue):
    post(queue, "one", "two", "three")

    assert bodies(queue.pop(2)) == ["one", "two"]
    assert bodies(queue.pop(2)) == ["three"]
    assert bodies(queue.pop()) == []


def test_purge_empties_the_queue_and_keeps_it(zaqar, queue):
    post(queue, "one", "two")
    queue.purge(["messages"])
    assert bodies(queue.messages(echo=True)) == []

    post(queue, "three")
    queue.purge()

    assert queue.stats["messages"]["total"] == 0
    assert [found.name for found in zaqar.queues()[0]] == ["jobs"]


def test_a_claim_hides_its_messages_until_they_are_deleted(queue):
    post(queue, "one", "two", "three")

    claim = queue.claim(ttl=60, grace=60, limit=2)
    claimed = list(claim)

    assert bodies(claimed) == ["one", "two"]
    assert {message.claim_id for message in claimed} == {claim.id}
    assert bodies(queue.messages(echo=True)) == ["three"]
    assert bodies(queue.messages(echo=True, include_claimed=True)) == ["one", "two", "three"]
    for message in claimed:
        message.delete()
    assert queue.stats["messages"]["total"] == 1


def test_a_claimed_message_is_deleted_by_its_claimer_alone(queue):
    ids = post(queue, "one")
    queue.claim(ttl=60, grace=60)

    unclaimed = queue.message(ids[0])
    unclaimed.href = unclaimed.href.partition("?")[0]

    with pytest.raises(errors.ForbiddenError):
        unclaimed.delete()


def test_a_claim_is_read_again_renewed_and_released(queue):
    post(queue, "one")
    claim = queue.claim(ttl=60, grace=60)

    again = queue.claim(id=claim.id)
    assert bodies(again) == ["one"]
    assert (again.ttl, again.age) == (60, again.age)
    claim.update(ttl=120, grace=90)
    assert queue.claim(id=claim.id).ttl == 120

    claim.delete()

    assert bodies(queue.messages(echo=True)) == ["one"]
    with pytest.raises(errors.ResourceNotFound):
        list(queue.claim(id=claim.id))


def test_claiming_from_an_empty_queue_gives_nothing(queue):
    claim = queue.claim(ttl=60, grace=60)

    assert claim.id is None
    assert list(claim) == []


def test_what_is_refused_arrives_as_a_typed_error_with_the_reason(queue):
    with pytest.raises(errors.MalformedRequest, match="ttl"):
        queue.post([{"body": 1, "ttl": 1}])


def test_projects_do_not_see_each_other(server, queue):
    ids = post(queue, "secret")

    other = connect(server, "another-project").queue("jobs")

    assert bodies(other.messages(echo=True)) == []
    with pytest.raises(errors.ResourceNotFound):
        other.message(ids[0])


def signed(server, share):
    """Return a client that has nothing but a signature."""
    options = {name: share[name] for name in ("paths", "methods", "expires", "signature")}
    options["os_project_id"] = share["project"]
    return client.Client(server.url, version=2, conf={"auth_opts": {"backend": "signed-url", "options": options}})


def test_a_signed_client_reads_what_it_was_given_and_nothing_else(server, queue):
    """Clients K-23"""
    post(queue, "one", "two")
    holder = signed(server, queue.signed_url()).queue("jobs")

    assert bodies(holder.messages(echo=True)) == ["one", "two"]
    for refused in (
        lambda: holder.post([{"body": "three", "ttl": 300}]),
        lambda: list(signed(server, queue.signed_url()).queue("others").messages()),
        lambda: holder.claim(ttl=60, grace=60),
        holder.signed_url,
    ):
        with pytest.raises(errors.ResourceNotFound):
            refused()


def test_a_signed_client_works_with_claims_until_its_time_is_over(server, queue):
    post(queue, "one")
    share = queue.signed_url(paths=["messages", "claims"], ttl_seconds=600, methods=["GET", "POST", "DELETE", "PATCH"])
    holder = signed(server, share).queue("jobs")

    holder.post([{"body": "two", "ttl": 300}])
    claim = holder.claim(ttl=60, grace=60, limit=1)
    (message,) = list(claim)
    assert message.body == "one"
    message.delete()
    claim.delete()
    assert bodies(holder.pop(1)) == ["two"]

    ended = dict(share, expires="2020-01-01T00:00:00")
    with pytest.raises(errors.ResourceNotFound):
        list(signed(server, ended).queue("jobs").messages())
