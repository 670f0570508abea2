"""Encrypted bodies by themselves (notifications E-11 to E-14)."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar.encryption import MARK, Cipher, Key, Unreadable

NEW, OLD = Key("2027", "a long and random text"), Key("2026", "another long and random text")
BODY = b'{"event": "backup"}'


def _sealed(body=BODY, *keys, project="p"):
    (sealed,) = Cipher(keys or [NEW]).encrypt(project, [body])
    return sealed


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5), st.text(max_size=20))
def test_what_is_encrypted_comes_back_byte_for_byte(bodies, project):
    cipher = Cipher([NEW])

    sealed = cipher.encrypt(project, bodies)

    assert cipher.decrypt(project, sealed) == bodies
    assert all(one.startswith(MARK) for one in sealed)


def test_an_encrypted_body_names_its_key_and_shows_nothing_else():
    """notifications E-11"""
    sealed = _sealed()

    assert sealed[:6] == b"\x01\x042027"
    assert len(sealed) == 6 + 12 + len(BODY) + 16
    assert b"backup" not in sealed


def test_the_format_stays_readable():
    """What a release has written, every later one reads."""
    written = bytes.fromhex(WRITTEN)

    assert Cipher([Key("default", "0123456789abcdef")]).decrypt("demo", [written]) == [b'"hello"']


WRITTEN = "010764656661756c743bbbd7a15174d73a833e28b77ea70a393e5dbefb7d3c1c2bff10ba10a77021d618d854"


def test_no_two_encrypted_bodies_are_alike():
    sealed = Cipher([NEW]).encrypt("p", [BODY] * 100)

    assert len({one[6:18] for one in sealed}) == len({one[18:] for one in sealed}) == 100


def test_the_first_key_encrypts_and_each_decrypts_its_own():
    """notifications E-14"""
    before, during, after = Cipher([OLD]), Cipher([NEW, OLD]), Cipher([NEW])
    (old,), (new,) = before.encrypt("p", [BODY]), during.encrypt("p", [BODY])

    mixed = [old, b"1", new, new, b'"', old]
    assert during.decrypt("p", mixed) == [BODY, b"1", BODY, BODY, b'"', BODY]
    assert after.decrypt("p", [new]) == [BODY]
    with pytest.raises(Unreadable, match=r"the key '2026' is not configured"):
        after.decrypt("p", [new, old])


def test_a_body_means_nothing_in_another_project():
    with pytest.raises(Unreadable):
        Cipher([NEW]).decrypt("q", [_sealed(project="p")])


@pytest.mark.parametrize("position", [6, 17, 18, -1])
def test_a_body_that_was_changed_is_refused(position):
    sealed = bytearray(_sealed())
    sealed[position] ^= 1

    with pytest.raises(Unreadable, match="damaged"):
        Cipher([NEW]).decrypt("p", [bytes(sealed)])


@pytest.mark.parametrize("length", range(1, 36))
def test_a_body_that_was_cut_is_refused(length):
    with pytest.raises(Unreadable):
        Cipher([NEW]).decrypt("p", [_sealed()[:length]])


def test_a_key_that_is_another_under_the_same_id_is_told_from_a_missing_one():
    with pytest.raises(Unreadable, match=r"the key '2027' is another"):
        Cipher([Key("2027", "not what it was")]).decrypt("p", [_sealed()])


@pytest.mark.parametrize("stored", [b"\x01", b"\x01\x00", b"\x01\xff" + b"\x80\n" * 200, b"\x01\x01\n"])
def test_what_is_said_of_a_damaged_body_is_one_short_line(stored):
    with pytest.raises(Unreadable) as raised:
        Cipher([NEW]).decrypt("p", [stored])

    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 900


def test_an_error_tells_no_secret():
    for broken in (_sealed()[:-1], _sealed(BODY, OLD)):
        with pytest.raises(Unreadable) as raised:
            Cipher([NEW]).decrypt("p", [broken])
        assert "random" not in repr(raised.value)
        assert "backup" not in repr(raised.value)


def test_without_a_key_nothing_is_encrypted():
    cipher = Cipher([])

    assert not cipher.can_encrypt
    with pytest.raises(Unreadable):
        cipher.encrypt("p", [BODY])
    with pytest.raises(Unreadable, match="2027"):
        cipher.decrypt("p", [_sealed()])


def test_threads_share_a_cipher():
    cipher = Cipher([NEW])
    wrong = []

    def work(project):
        for number in range(300):
            body = f"{project}-{number}".encode()
            if cipher.decrypt(project, cipher.encrypt(project, [body])) != [body]:
                wrong.append(body)

    threads = [threading.Thread(target=work, args=(f"project-{number % 3}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
