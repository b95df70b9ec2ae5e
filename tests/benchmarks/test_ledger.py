"""The ledger: what was measured stays measured, as long as nothing has changed."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from benchmarks import __main__ as benches
from benchmarks.tools import ledger as ledgers
from benchmarks.tools.ledger import Ledger


def test_an_interrupted_part_goes_on_where_it_stopped(tmp_path):
    first, calls = Ledger("part", folder=tmp_path), []

    def measure(value: int) -> dict[str, int]:
        calls.append(value)
        return {"value": value}

    assert first.once("a", lambda: measure(1)) == {"value": 1}
    with pytest.raises(KeyboardInterrupt):
        first.once("b", interrupted)
    second = Ledger("part", folder=tmp_path)
    assert second.once("a", lambda: measure(2)) == {"value": 1}
    assert second.once("b", lambda: measure(3)) == {"value": 3}
    assert calls == [1, 3]
    second.forget()
    assert not list(tmp_path.iterdir())
    assert second.once("a", lambda: measure(4)) == {"value": 4}


def test_another_version_is_not_gone_on_with(tmp_path, monkeypatch):
    Ledger("part", folder=tmp_path).once("a", lambda: 1)
    assert Ledger("other", folder=tmp_path).once("a", lambda: 2) == 2
    machine = ledgers.machine
    monkeypatch.setattr(ledgers, "machine", lambda compared: machine(compared) | {"cores": 99})
    assert Ledger("part", folder=tmp_path).once("a", lambda: 3) == 3


def test_a_part_that_compares_within_its_entries_goes_on_on_another_machine(tmp_path, monkeypatch):
    machine = ledgers.machine

    def ledger(**facts: Any) -> Ledger:
        monkeypatch.setattr(ledgers, "machine", lambda compared: machine(compared) | facts)
        return Ledger("part", folder=tmp_path, anywhere=True)

    ledger(processor="old").once("a", lambda: 1)
    new = ledger(processor="new", **{"memory GiB": 7})
    assert [new.once(name, lambda: 2) for name in "abc"] == [1, 2, 2]
    assert new.processors() == {"old": 1, "new": 2}
    assert ledger(cores=99).once("a", lambda: 3) == 3
    assert ledger(versions={}).once("a", lambda: 4) == 4


def test_what_json_changes_is_the_same_at_once_and_later(tmp_path):
    ledger = Ledger("part", folder=tmp_path)
    assert ledger.once("a", lambda: (1, 2)) == [1, 2]


def test_a_try_writes_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("benchmarks.tools.results.RESULTS", tmp_path)
    monkeypatch.setattr(benches, "RESULTS", tmp_path)
    monkeypatch.setattr(
        "benchmarks.parts.live.measure", lambda ledger, quick: ledger.once("x", made_up)
    )
    benches.run("live", quick=True)
    assert "7" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    benches.run("live", quick=False)
    assert [path.name for path in tmp_path.rglob("*.json")] == ["live.json"]


def test_a_result_is_not_lost_to_a_machine_that_cannot_measure(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("benchmarks.tools.results.RESULTS", tmp_path)
    monkeypatch.setattr(benches, "RESULTS", tmp_path)
    monkeypatch.setattr("benchmarks.parts.gpu.gpu.render", lambda result: "")
    answers = [{"status": "measured", "x": 1}, {"status": "not measured", "why": "no GPU"}]
    for answer in answers:
        monkeypatch.setattr(
            "benchmarks.parts.gpu.gpu.measure", lambda ledger, quick, answer=answer: answer
        )
        benches.run("gpu", quick=False)
    assert '"x": 1' in (tmp_path / "gpu.json").read_text()
    assert "stays" in capsys.readouterr().out


def made_up() -> dict[str, Any]:
    spread = {"median": 7, "least": 7, "most": 7}
    facts = {"steps": 1, "rounds": [{}], "images": 1}
    return facts | {"longer by %": spread, "noise %": spread}


def interrupted() -> NoReturn:
    raise KeyboardInterrupt
