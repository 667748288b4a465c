"""How many patients were prepared anew."""

import pytest

from client.preparation import patient


def count_work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Identifiers of patients that are really computed."""
    done: list[str] = []
    real = patient._prepare

    def counted(task: patient.Task) -> object:
        done.append(task.identifier)
        return real(task)

    monkeypatch.setattr(patient, "_prepare", counted)
    return done
