"""Two projects with the same names: whatever one asks with ids that are the other's, it learns and changes nothing.

Generated from the route table, on every store. The other's ids are known to the last digit; they are answered as ids are that
nobody has.
"""

import contextlib
import json
import re
from collections.abc import Iterator

import pytest

from tests.api.http_client import PATCH_TYPE
from tests.api.routes import RIGHT
from tests.api.world import World
from tests.clock import MovableClock
from tests.integration.mongo_servers import missing_mongo, named_or_own_mongo
from tests.integration.redis_servers import missing_redis, named_or_own_redis
from tests.needs import Shared, require
from zaqar import config, deploy
from zaqar.deploy import WSGIApplication
from zaqar.transport.identity import ClientIdRule
from zaqar.transport.wsgi.application import application

MESSAGES = "/v2/queues/{queue_name}/messages"
OF_A_TOPIC = "/v2/topics/{topic_name}/messages"
LISTING = ("ids={message_id}", "ids={own_id},{message_id}", "marker={message_id}&echo=true")
QUERIES = {
    (MESSAGES, "GET"): (*LISTING, "marker={message_id}&echo=true&include_claimed=true&include_delayed=true"),
    (MESSAGES, "DELETE"): ("ids={message_id}", "ids={own_id},{message_id}", "ids={message_id}&claim_ids={claim_id}"),
    (f"{MESSAGES}/{{message_id}}", "DELETE"): ("claim_id={claim_id}",),
    (OF_A_TOPIC, "GET"): LISTING,
    (OF_A_TOPIC, "DELETE"): ("ids={message_id}", "ids={own_id},{message_id}"),
}
"""Further places of an id."""

ASKED = [
    (path, method, query)
    for (path, method), right in RIGHT.items()
    for query in (right.query, *QUERIES.get((path, method), ()))
]
_ID = re.compile(r"[0-9a-f]{24,30}")


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module", params=["sqlite", "redis", "mongodb"])
def open_application(request, shared: Shared, tmp_path_factory, clock: MovableClock) -> Iterator[WSGIApplication]:
    """A service over a store of each kind."""
    folder = tmp_path_factory.mktemp("service")
    store, text = request.param, f"[DEFAULT]\nstate_path = {folder}\n"
    if store == "redis":
        require("Redis", missing_redis())
        text += f"[drivers:message_store:redis]\nuri = {shared(named_or_own_redis)}\n"
    if store == "mongodb":
        require("MongoDB", missing_mongo())
        text += f"[drivers:message_store:mongodb]\nuri = {shared(named_or_own_mongo)}\ndatabase = tenants\n"
    if store != "sqlite":
        text += f"[drivers]\nmessage_store = {store}\nmanagement_store = {store}\n"
    path = folder / "zaqar.conf"
    path.write_text(text)
    conf = config.load(files=[str(path)])
    deploy.prepare(conf)
    with contextlib.closing(deploy.service(conf, clock=clock)) as service:
        yield application(
            service.operations, client_id_rule=ClientIdRule(is_strict=True, least=10, most=36), signer=service.signer
        )


def _ids_of(world: World, path: str) -> dict[str, str]:
    """Return the ids of a project, by the names that paths and queries have for them."""
    return {name: value for name, value in world.members(path).items() if name.endswith("_id")}


def _nobody_s(ids: dict[str, str]) -> dict[str, str]:
    """Return ids of the same form and place that nothing has."""
    return {name: f"{id_[:-1]}{'1' if id_[-1] == '0' else '0'}" for name, id_ in ids.items()}


class _Asking:
    """A project that has what every other one has, asking with ids that are not its own."""

    def __init__(self, application: WSGIApplication, path: str, method: str, query: str) -> None:
        self.world = World(application)
        self._asked = path, method, query

    def answer(self, ids: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Return the answer without what is of this project alone."""
        path, method, query = self._asked
        own = self.world.members(path)
        named = {**own, **ids, "own_id": own["message_id"]}
        document = RIGHT[path, method].body
        body = b"" if document is None else json.dumps(document).encode()
        target = path.format(**named) + (f"?{query.format(**named)}" if query else "")
        answer = self.world.client.request(method, target, body, Content_Type=PATCH_TYPE)
        headers = {
            name: _ID.sub("ID", value) for name, value in answer.headers.items() if name != "x-openstack-request-id"
        }
        return answer.status, _ID.sub("ID", answer.data.decode()), headers


@pytest.mark.parametrize(("path", "method", "query"), ASKED)
def test_the_ids_of_another_project_are_ids_that_nobody_has(open_application, path, method, query):
    other = World(open_application)
    before = other.content()
    ids = _ids_of(other, path)

    answer = _Asking(open_application, path, method, query).answer(ids)

    assert answer == _Asking(open_application, path, method, query).answer(_nobody_s(ids))
    assert other.content() == before


@pytest.mark.parametrize(("path", "method", "query"), ASKED)
def test_a_project_without_the_queue_learns_nothing_of_one_that_has_it(open_application, path, method, query):
    other = World(open_application)
    before = other.content()
    ids = _ids_of(other, path)
    asking, alone = (_Asking(open_application, path, method, query) for _ in range(2))
    for each in (asking, alone):
        assert each.world.client.delete_queue("q").is_done
        assert each.world.client.ask("DELETE", "/topics/t").status == 204

    answer = asking.answer(ids)

    assert answer == alone.answer(_nobody_s(ids))
    assert other.content() == before
    assert other.client.project not in answer[1]


def test_each_sees_its_own_alone(open_application):
    one, two = World(open_application), World(open_application)

    one.client.delete_queue("q")

    assert two.client.list_queues().names == ["q"]
    assert two.client.ask("GET", "/queues/q/stats").body["messages"]["total"] == 4
