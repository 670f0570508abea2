"""Takes the first messages of a queue that are ready, beside others that do the same: what pop and claim have in common.

Calls side by side work in lines: see ``lines``. A single message that nobody else waits beside is chosen by the server.
"""

import functools
import time
from collections.abc import Callable, Sequence

from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import QueueKey
from zaqar.storage.mongodb.messages import candidates, dead_letters
from zaqar.storage.mongodb.messages.call import Call
from zaqar.storage.mongodb.messages.candidates import View
from zaqar.storage.mongodb.messages.lines import Line
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

LONGEST = 5.0
"""Seconds that a call goes on while others are faster; then it answers with what it has."""

LONGEST_MOVE = 1.0
"""Seconds that a call goes on while what it finds is worn."""

TakeChosen = Callable[[Session, str, Sequence[Call], bool], object]
"""Takes what calls chose in a scope, and sets what each won; true: only what a decision needs was read."""

TakeFirst = Callable[[Session, View], Document | None]
"""Takes the first message of a view that is ready then, whichever that is; returns it, or None where there is none."""


def take(
    session: Session, queue: QueueKey, call: Call, *, take_chosen: TakeChosen, take_first: TakeFirst
) -> list[Document]:
    """Take what a call wants, in post order: again, for those that others were given.

    Where nobody else waits for any, a single one is taken by ``take_first``: the server chooses it, so that takers of other
    processes get the next ones. What was taken before an outage is returned: an error would lose it.
    """
    try:
        # Claims and pops stand in lines of their own.
        step = functools.partial(_step, session, queue, take_chosen, take_first)
        session.lines.serve((scope_of(queue), call.state), call, step)
    except QueueNotFound as error:
        if error.queue != queue and not call.taken:
            raise
    except Unavailable:
        if not call.taken:
            raise
    return sorted(call.taken, key=lambda each: int(each["position"]))


def _step(
    session: Session,
    queue: QueueKey,
    take_chosen: TakeChosen,
    take_first: TakeFirst,
    line: Line[Call],
    calls: list[Call],
) -> None:
    """Look once, give each call its share, and take all shares at once."""
    if len(calls) == 1 and calls[0].limit == 1:
        _take_one(session, queue, calls[0], take_first)
        return
    began = time.monotonic()
    wanted = sum(each.missing for each in calls)
    width = max(wanted, dead_letters.BATCH if calls[0].has_moved else 0)
    view = candidates.ready(session, queue, limit=width, is_brief=width > wanted)
    found, moved = view.found, 0
    if any(each.is_worn(document) for each in calls for document in found):
        del calls[1:]  # each by its own rule: the others see what is left then
        found, moved = _without_worn(session, queue, calls[0], found)
    free = iter(found)
    for each in calls:
        each.choose(free)
    if choosing := [each for each in calls if each.chosen]:
        take_chosen(session, view.scope, choosing, width > wanted)
    line.learn(
        seconds=time.monotonic() - began,
        has_lost=any(len(each.won) < len(each.chosen) for each in calls),
        largest=max((len(each.get("body", b"")) for each in view.found), default=0),
    )
    has_all = len(view.found) < width and not moved
    for each in calls:
        each.taken += each.won
        is_last = has_all and len(each.won) == len(each.chosen)
        each.is_over = not each.missing or is_last or _is_late(session, queue, each)


def _take_one(session: Session, queue: QueueKey, call: Call, take_first: TakeFirst) -> None:
    """Take the first message, if any is ready."""
    while not call.is_over:
        view = candidates.ready(session, queue, limit=dead_letters.BATCH if call.has_moved else 1, is_brief=True)
        found, moved = _without_worn(session, queue, call, view.found)
        if not found:
            call.is_over = not moved or _is_late(session, queue, call)
            continue
        taken = take_first(session, view)
        call.taken = [taken] if taken is not None else []
        call.is_over = True  # without one, others had the last


def _without_worn(
    session: Session, queue: QueueKey, call: Call, found: Sequence[Document]
) -> tuple[Sequence[Document], int]:
    """Move what is worn for a call; return the others, and how many moved."""
    worn = [each for each in found if call.is_worn(each)][: dead_letters.BATCH]
    if call.rule is None or not worn:
        return found, 0
    dead_letters.move(session, queue, worn, call.rule)
    call.has_moved = True
    return [each for each in found if not call.is_worn(each)], len(worn)


def _is_late(session: Session, queue: QueueKey, call: Call) -> bool:
    """Tell whether a call has gone on for long enough; see to it that the sweep moves what is worn and left behind."""
    seconds = call.seconds
    if call.rule is not None and call.has_moved and seconds > LONGEST_MOVE:
        if call.missing:
            dead_letters.leave_rule(session, queue, call.rule)
        return True
    return seconds > LONGEST
