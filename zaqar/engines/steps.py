"""What a connection is about, and what it waits for."""

import enum


class Step(enum.Enum):
    """What has to happen before the connection goes on."""

    READ = "wait for bytes of the client"
    WRITE = "wait until the client takes bytes"
    SERVE = "let the application answer its first request"
    END = "close it"


class State(enum.Enum):
    """What the connection is about."""

    GREETING = "shaking hands for TLS"
    READING = "a request, or none yet"
    SENDING = "an answer"
    LINGERING = "reading away what nobody wants"
