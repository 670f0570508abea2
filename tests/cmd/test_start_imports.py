"""What a start imports: each of these libraries takes a twentieth of a second or more, before anybody is served."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from zaqar import deploy
from zaqar.cmd.reading import read
conf = read(("--config-file", sys.argv[1])).accepted()
service = deploy.wsgi_application(conf, policy=deploy.start(conf).policy, background=False)
print(*sys.modules)
"""
CORS = "[cors]\nallowed_origin = https://dashboard.example.org\n"


def _imported(folder: Path, text: str = "", policy: str = "") -> set[str]:
    (folder / "policy.yaml").write_text(policy)
    file = folder / "zaqar.conf"
    file.write_text(f"[DEFAULT]\nstate_path = {folder}\n[drivers:transport:wsgi]\nport = 0\n{text}")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)],
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "library", ["oslo_middleware", "webob", "requests", "keystonemiddleware", "keystoneauth1", "aiosmtplib"]
)
def test_a_start_does_not_import_what_the_configuration_does_not_ask_for(tmp_path, library):
    assert library not in _imported(tmp_path)


def test_an_origin_that_is_allowed_brings_the_library_for_it(tmp_path):
    assert "oslo_middleware" in _imported(tmp_path, CORS)


def test_rules_of_the_operator_are_read_at_the_start(tmp_path):
    assert "requests" in _imported(tmp_path, policy='"queues:get": "role:reader"\n')
