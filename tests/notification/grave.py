"""Where dead letters go in tests over a store in memory."""

import threading

ONCE = {"retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0} | {
    "minimum_delay": 1000,
    "maximum_delay": 1010,
    "retry_backoff_function": "linear",
}
"""Two waits, each longer than what the tests post lives."""
DEAD = {"_dead_letter_queue": "dead"}


class Grave:
    """Takes dead letters, unless it is closed."""

    def __init__(self, world):
        self.letters = []
        self.error = None
        self.refused = 0
        self._lock = threading.Lock()
        world.post_copy = self.post

    def post(self, queue, **letter):
        with self._lock:
            if self.error is not None:
                self.refused += 1
                raise self.error
            if letter["token"] not in {each["token"] for each in self.letters}:
                self.letters.append(letter | {"queue": queue})

    @property
    def origins(self):
        return [one["origin"] for one in self.letters]

    @property
    def reasons(self):
        return [one.reason for one in self.origins]
