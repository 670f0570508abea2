import socket

from zaqar.notification.sips import MOST, SippingSocket


def pair(text):
    """Return a sipping socket to which more was sent than it takes at a time."""
    sender, receiver = socket.socketpair()
    with sender:
        sender.sendall(text)
    return SippingSocket(fileno=receiver.detach())


def test_a_read_takes_little_however_much_is_there():
    with pair(b"x" * 3 * MOST) as sipping:
        assert len(sipping.recv(1 << 20)) == MOST


def test_a_read_into_a_buffer_takes_little_however_much_is_there():
    buffer = bytearray(1 << 20)
    with pair(b"x" * 3 * MOST) as sipping:
        assert sipping.recv_into(buffer) == MOST
        assert sipping.recv_into(buffer, 10) == 10
