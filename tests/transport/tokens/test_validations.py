import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.process import wait_until
from zaqar.errors import Unavailable
from zaqar.transport.identity import Credentials
from zaqar.transport.tokens.validations import Validations
from zaqar.transport.tokens.verdict import Refused, Verdict

GOOD = Verdict(Credentials("one"), 300)


class Service:
    """Answers when it is let."""

    def __init__(self):
        self.asked = 0
        self.begun = threading.Semaphore(0)
        self._answers = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self):
        with self._lock:
            self.asked += 1
        self.begun.release()
        self._answers.acquire()
        return GOOD

    def answer(self, number=1):
        self._answers.release(number)


@pytest.fixture
def service():
    made = Service()
    yield made
    made.answer(1000)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(32) as pool:
        yield pool


def _ask(validations, key, validate, known=lambda: None):
    return validations.result(key, validate, known=known)


def _waiting(validations, number):
    wait_until(lambda: validations.waiting == number, what=f"{number} requests that wait")


def test_what_is_known_meanwhile_is_not_asked_for():
    assert _ask(Validations(most=1), "a", lambda: pytest.fail("asked"), known=lambda: GOOD) is GOOD


def test_requests_with_one_token_share_one_validation(service, threads):
    validations = Validations(most=4, patience=60)
    asked = [threads.submit(_ask, validations, "a", service) for _ in range(20)]
    _waiting(validations, 20)

    service.answer()

    assert [one.result(10) for one in asked] == [GOOD] * 20
    assert service.asked == 1


def test_a_refusal_is_every_waiting_request_s(threads):
    begin = threading.Event()

    def refuse():
        begin.wait(10)
        raise Refused

    validations = Validations(most=4, patience=60)
    asked = [threads.submit(_ask, validations, "a", refuse) for _ in range(8)]
    _waiting(validations, 8)
    begin.set()

    assert [type(one.exception(10)) for one in asked] == [Refused] * 8


def test_no_more_run_than_may_and_the_next_token_is_refused_after_a_moment(service, threads):
    validations = Validations(most=2, place_patience=0.1)
    asked = [threads.submit(_ask, validations, key, service) for key in "ab"]
    _waiting(validations, 2)

    with pytest.raises(Unavailable):
        _ask(validations, "c", service)

    service.answer(2)
    assert [one.result(10) for one in asked] == [GOOD, GOOD]
    assert service.asked == 2


def test_a_place_that_becomes_free_is_taken(service, threads):
    validations = Validations(most=1, place_patience=60)
    asked = [threads.submit(_ask, validations, "a", service)]
    _waiting(validations, 1)
    asked.append(threads.submit(_ask, validations, "b", service))
    wait_until(lambda: validations.queued == 1, what="a request that waits for a place")
    assert service.asked == 1

    service.answer(2)

    assert [one.result(10) for one in asked] == [GOOD, GOOD]


def test_what_is_known_once_there_is_a_place_is_not_asked_for(service, threads):
    learnt = []
    validations = Validations(most=1, place_patience=60)
    threads.submit(_ask, validations, "a", service)
    _waiting(validations, 1)
    asked = threads.submit(
        _ask, validations, "b", lambda: pytest.fail("asked"), known=lambda: learnt[0] if learnt else None
    )
    wait_until(lambda: validations.queued == 1, what="a request that waits for a place")

    learnt.append(GOOD)
    service.answer()

    assert asked.result(10) is GOOD


def test_as_many_wait_for_a_place_as_may_run_and_no_more(service, threads):
    validations = Validations(most=2, place_patience=60)
    asked = [threads.submit(_ask, validations, key, service) for key in "abcd"]
    wait_until(lambda: validations.queued == 2, what="two requests that wait for a place")

    with pytest.raises(Unavailable):
        _ask(validations, "e", service)

    service.answer(4)
    assert [one.result(10) for one in asked] == [GOOD] * 4


def test_nobody_waits_for_a_place_where_the_service_is_silent(service):
    validations = Validations(most=1, deadline=0.1, place_patience=60)
    with pytest.raises(Unavailable):
        _ask(validations, "a", service)

    with pytest.raises(Unavailable, match="slow"):
        _ask(validations, "b", service)


def test_a_request_waits_until_the_deadline_and_no_longer(service):
    validations = Validations(most=1, deadline=0.1)

    with pytest.raises(Unavailable, match="does not answer"):
        _ask(validations, "a", service)


def test_a_validation_over_its_deadline_still_counts(service):
    validations = Validations(most=1, deadline=0.1)
    with pytest.raises(Unavailable):
        _ask(validations, "a", service)

    for key in ("a", "b"):
        with pytest.raises(Unavailable):
            _ask(validations, key, service)
    assert service.asked == 1

    service.answer(2)
    wait_until(lambda: not validations.running)
    assert _ask(validations, "b", service) is GOOD


def test_beyond_the_share_of_threads_requests_wait_only_as_long_as_the_service_is_quick(service, threads):
    validations = Validations(most=2, deadline=60, patience=0.1)
    waiting = [threads.submit(_ask, validations, "a", service) for _ in range(2)]
    _waiting(validations, 2)

    with pytest.raises(Unavailable, match="slow"):  # after a moment
        _ask(validations, "a", service)
    with pytest.raises(Unavailable, match="slow"):  # at once
        _ask(validations, "a", service)

    service.answer()
    assert [one.result(10) for one in waiting] == [GOOD, GOOD]


def test_a_refusal_is_an_answer_too():
    def refuse():
        raise Refused

    validations = Validations(most=1)
    validations.patience = 0.0
    with pytest.raises(Refused):
        _ask(validations, "a", refuse)

    assert validations.patience >= 1


def test_an_outage_is_none():
    def fail():
        raise Unavailable("away")

    validations = Validations(most=1)
    validations.patience = 0.0
    with pytest.raises(Unavailable):
        _ask(validations, "a", fail)

    assert validations.patience == 0


def test_without_a_thread_to_ask_with_it_is_an_outage_and_nothing_stays_behind(monkeypatch):
    validations = Validations(most=1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", lambda _thread: (_ for _ in ()).throw(RuntimeError("no thread")))
        with pytest.raises(Unavailable):
            _ask(validations, "a", lambda: GOOD)

    assert _ask(validations, "a", lambda: GOOD) is GOOD


def test_an_answer_makes_it_quick_again(service, threads):
    validations = Validations(most=1, deadline=60, patience=60)
    validations.patience = 0.0
    service.answer()
    _ask(validations, "a", service)

    assert validations.patience >= 1
    validations.patience = 60
    asked = [threads.submit(_ask, validations, "b", service) for _ in range(4)]
    _waiting(validations, 4)
    service.answer()

    assert [one.result(10) for one in asked] == [GOOD] * 4
