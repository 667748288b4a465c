"""How many patients were prepared anew."""

import pytest

from client import prepare_patient


def count_work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Identifiers of patients that are really computed."""
    done: list[str] = []
    real = prepare_patient._prepare

    def counted(task: prepare_patient.Task) -> object:
        done.append(task.identifier)
        return real(task)

    monkeypatch.setattr(prepare_patient, "_prepare", counted)
    return done
