import logging

import pytest
from oslo_policy import policy as oslo_policy

from zaqar.context import Context
from zaqar.errors import ConfigurationError, Forbidden, Unavailable
from zaqar.policies import enforcer

CLOSED = '"messages:create": "role:producer"\n'
OPEN = '"messages:create": ""\n'


def _caller(*roles, project="mine", user="somebody"):
    return Context(project=project, client_id="c", request_id="r", user=user, roles=roles)


def _allows(policy, rule, caller):
    try:
        policy.check(rule, caller)
    except Forbidden:
        return False
    return True


def _errors(caplog):
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_by_default_everyone_may_use_queues(deployment):
    assert _allows(deployment.policy(), "queues:create", _caller())


@pytest.mark.parametrize(
    ("roles", "allowed"), [((), False), (("member",), False), (("admin",), True), (("ADMIN",), True)]
)
def test_by_default_only_administrators_see_the_health_report(deployment, roles, allowed):
    assert _allows(deployment.policy(), "health:get", _caller(*roles)) is allowed


def test_a_refusal_names_the_rule(deployment):
    with pytest.raises(Forbidden, match="health:get"):
        deployment.policy().check("health:get", _caller())


def test_a_rule_nobody_knows_is_closed(deployment):
    assert not _allows(deployment.policy(), "queues:explode", _caller("admin"))


def test_open_rules_cost_no_evaluation(deployment, monkeypatch):
    policy = deployment.policy()
    monkeypatch.setattr("oslo_policy.policy.Enforcer.enforce", lambda *_: pytest.fail("evaluated"))

    policy.check("messages:create", _caller())


@pytest.fixture
def evaluated(monkeypatch):
    """Collect what is evaluated: the rule and the credentials."""
    asked, enforce = [], oslo_policy.Enforcer.enforce

    def record(enforcer, rule, target, credentials):
        asked.append((rule, credentials["project_id"], credentials["user_id"], *credentials["roles"]))
        return enforce(enforcer, rule, target, credentials)

    monkeypatch.setattr(oslo_policy.Enforcer, "enforce", record)
    return asked


def test_a_rule_is_evaluated_once_for_the_same_credentials(deployment, evaluated):
    deployment.write('"messages:create": "role:producer and project_id:%(project_id)s or user_id:ann"\n')
    policy = deployment.policy()
    callers = [
        _caller("producer"),
        _caller("consumer"),
        _caller("consumer", user="ann"),
        _caller("producer", project="yours"),
        _caller("producer", "consumer"),
    ]

    for _ in range(3):
        assert [_allows(policy, "messages:create", caller) for caller in callers] == [True, False, True, True, True]

    assert len(evaluated) == len(set(evaluated)) == len(callers)


def test_a_rule_that_asks_somebody_outside_is_evaluated_each_time(deployment, evaluated):
    deployment.write(f'{CLOSED}"queues:create": "role:admin or http://127.0.0.1:1/"\n')
    policy = deployment.policy()

    for _ in range(3):
        assert not _allows(policy, "messages:create", _caller())

    assert len(evaluated) == 3


def test_more_decisions_than_are_remembered_are_made_again(deployment, evaluated, monkeypatch):
    monkeypatch.setattr(enforcer, "MOST_REMEMBERED", 2)
    deployment.write(CLOSED)
    policy = deployment.policy()

    for user in ("a", "b", "a", "c", "a"):
        assert _allows(policy, "messages:create", _caller("producer", user=user))

    assert [user for _, _, user, _ in evaluated] == ["a", "b", "c", "a"]


def test_a_file_closes_a_rule(deployment):
    deployment.write(CLOSED)
    policy = deployment.policy()

    assert not _allows(policy, "messages:create", _caller("member"))
    assert _allows(policy, "messages:create", _caller("Producer"))
    assert _allows(policy, "messages:get", _caller())


def test_a_file_opens_a_rule(deployment):
    deployment.write('"health:get": "@"\n')

    assert _allows(deployment.policy(), "health:get", _caller())


def test_a_folder_of_files_overrides_the_file(deployment):
    deployment.write(CLOSED)
    deployment.write('"messages:create": "role:second"\n', "policy.d/2.yaml")
    deployment.write('"messages:create": "role:first"\n', "policy.d/1.yaml")
    deployment.write("[not a policy", "policy.d/.hidden")

    assert _allows(deployment.policy(), "messages:create", _caller("second"))
    assert not _allows(deployment.policy(), "messages:create", _caller("first"))


def test_owner_rules_match_the_caller_s_project(deployment):
    deployment.write('"queues:get": "rule:admin_or_owner"\n"queues:delete": "project_id:other"\n')
    policy = deployment.policy()

    assert _allows(policy, "queues:get", _caller())
    assert not _allows(policy, "queues:delete", _caller())
    assert _allows(policy, "queues:delete", _caller(project="other"))


def test_rules_may_ask_for_the_user(deployment):
    deployment.write('"queues:delete": "user_id:boss"\n')

    assert _allows(deployment.policy(), "queues:delete", _caller(user="boss"))
    assert not _allows(deployment.policy(), "queues:delete", _caller(user=None))


def test_the_policy_file_may_have_another_name(deployment):
    path = deployment.write(CLOSED, "rules.yaml")

    assert not _allows(deployment.policy(f"[oslo_policy]\npolicy_file = {path}\n"), "messages:create", _caller())
    assert not _allows(deployment.policy("[oslo_policy]\npolicy_file = rules.yaml\n"), "messages:create", _caller())


@pytest.mark.parametrize(
    "text",
    [
        "[not yaml",
        "- a list\n",
        '"messages:create": 5\n',
        '"messages:create":\n',
        '"messages:create": "role:a or nonsense"\n',
        '"messages:create": "role:a and"\n',
        '"messages:create": "rule:missing"\n',
        'a: "rule:b"\nb: "rule:a"\n',
    ],
)
def test_a_broken_file_stops_the_start(deployment, text):
    deployment.write(text)

    with pytest.raises(ConfigurationError) as refusal:
        deployment.policy()

    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_text_stops_the_start(deployment):
    deployment.write("").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationError, match="not YAML"):
        deployment.policy()


def test_a_file_that_was_named_and_is_missing_stops_the_start(deployment):
    with pytest.raises(ConfigurationError, match=r"missing\.yaml does not exist"):
        deployment.policy("[oslo_policy]\npolicy_file = missing.yaml\n")


def test_an_empty_file_leaves_the_defaults(deployment):
    deployment.write("# nothing yet\n")

    assert _allows(deployment.policy(), "messages:create", _caller())


def test_a_rule_that_is_never_true_is_understood(deployment):
    deployment.write('"messages:create": "!"\n')

    assert not _allows(deployment.policy(), "messages:create", _caller("admin"))


def test_a_changed_file_is_in_force_after_five_seconds(deployment):
    deployment.write(OPEN)
    policy = deployment.policy()

    deployment.write(CLOSED)
    deployment.wait(4.9)
    assert _allows(policy, "messages:create", _caller())
    deployment.wait(0.2)
    assert not _allows(policy, "messages:create", _caller())


def test_a_new_file_is_found(deployment):
    policy = deployment.policy()

    deployment.write(CLOSED)
    deployment.wait(6)

    assert not _allows(policy, "messages:create", _caller())


def test_the_files_are_looked_at_once_in_five_seconds(deployment, monkeypatch):
    policy = deployment.policy()
    looks = []
    monkeypatch.setattr("zaqar.policies.files.policy_files", lambda _: looks.append(1) or [])

    for _ in range(12):
        deployment.wait(1)
        policy.check("messages:create", _caller())

    assert len(looks) == 2


@pytest.mark.parametrize("broken", ["[not yaml", '"messages:create": "rule:missing"\n'])
def test_a_file_that_breaks_later_keeps_the_old_rules_and_is_logged_once(deployment, caplog, broken):
    deployment.write(CLOSED)
    policy = deployment.policy()

    deployment.write(broken)
    for _ in range(3):
        deployment.wait(6)
        assert not _allows(policy, "messages:create", _caller())

    assert len(_errors(caplog)) == 1


def test_a_file_that_vanishes_keeps_the_old_rules_and_is_logged_once(deployment, caplog):
    path = deployment.write(CLOSED)
    policy = deployment.policy()

    path.unlink()
    for _ in range(3):
        deployment.wait(6)
        assert not _allows(policy, "messages:create", _caller())

    assert len(_errors(caplog)) == 1


def test_a_file_that_is_mended_is_in_force_again(deployment, caplog):
    deployment.write(CLOSED)
    policy = deployment.policy()
    deployment.write("[not yaml")
    deployment.wait(6)
    policy.check("messages:get", _caller())

    deployment.write(OPEN)
    deployment.wait(6)

    assert _allows(policy, "messages:create", _caller())
    assert len(_errors(caplog)) == 1


def test_a_rule_of_no_use_is_told_with_the_nearest_name_and_part_rules_are_not(deployment):
    deployment.write(
        '"queues:get_al": "role:admin"\n"producers": "role:producer"\n"messages:create": "rule:producers"\n'
    )

    assert deployment.policy().notes == [
        "The policy rule queues:get_al is none of the service's rules, so it decides nothing: did you mean queues:get_all?"
    ]


def test_a_rule_of_no_use_that_comes_while_the_service_runs_is_logged(deployment, caplog):
    policy = deployment.policy()
    deployment.write('"queues:get_al": "role:admin"\n')
    deployment.wait(6)
    policy.check("messages:get", _caller())

    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "queues:get_al " in record.getMessage()


def test_all_mistakes_of_all_files_are_told_at_once_and_nothing_else_is_logged(deployment, caplog):
    deployment.write('"messages:delete": "a b"\n"messages:get": "nonsense"\n"queues:get": "rule:gone"\n')

    with pytest.raises(ConfigurationError) as refusal:
        deployment.policy()

    assert sorted(refusal.value.sentences) == [
        "The policy cannot be obeyed: Policies ['queues:get'] reference a rule that is not defined.",
        "The policy rule messages:delete cannot be understood: 'a b'.",
        "The policy rule messages:get cannot be understood: 'nonsense'.",
    ]
    assert caplog.records == []


def test_every_file_that_cannot_be_read_is_told(deployment):
    deployment.write("[not yaml")
    deployment.write("- a list", "policy.d/a.yaml")
    deployment.write('"one": 1\n"two": 2\n', "policy.d/b.yaml")

    with pytest.raises(ConfigurationError) as refusal:
        deployment.policy()

    told = refusal.value.sentences
    assert len(told) == 4
    assert "policy.yaml is not YAML" in told[0]
    assert "a.yaml is not a map" in told[1]
    assert "'one'" in told[2]
    assert "'two'" in told[3]


def test_a_policy_server_that_is_away_is_an_outage(deployment):
    deployment.write('"messages:create": "http://127.0.0.1:1/"\n')

    with pytest.raises(Unavailable, match="decides"):
        deployment.policy().check("messages:create", _caller())
