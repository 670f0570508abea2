"""The states of a connection, and the steps that can come next."""

import enum


class Step(enum.Enum):
    """What has to happen next before the connection goes on."""

    READ = "wait for bytes of the client"
    WRITE = "wait until the client takes bytes"
    SERVE = "let the application answer its first request"
    END = "close it"


class State(enum.Enum):
    """What the connection is doing."""

    GREETING = "shaking hands for TLS"
    READING = "a request, or none yet"
    SENDING = "an answer"
    LINGERING = "reading away what nobody wants"
