"""Survey: what this site could bring to a study, before it is asked. Counts, sequences and protocols."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from client.cohort import table
from client.exchange.answers.plaintext import SUPPRESSED, PlaintextAnswer, suppressed
from client.exchange.run import Run
from client.preparation.paths import feature_table
from shared.arrays import Array
from shared.contract.survey import ALL_BUT_FEW, PROTOCOL
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.study.study import Study

if TYPE_CHECKING:
    from client.quality.check_patient import PatientCheck


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Counts under the minimum are hidden, and so is every protocol of fewer patients.

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) where the site has fewer patients than the minimum.
    """
    del question
    return run.part(_surveyed)


def _surveyed(run: Run) -> PlaintextAnswer:
    """Counted once in a process: a site that cannot answer says so at its enrolment."""
    least = max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients)
    plaintext = _of_table(run, least) if run.study.imaging is None else _of_images(run, least)
    if plaintext.arrays["patients"] < least:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"site {run.site.name}: fewer patients than the minimum of {least}; nothing is reported",
        )
    return plaintext


def _of_images(run: Run, least: int) -> PlaintextAnswer:
    from client.quality.check import check  # heavy, and few studies ask for a survey of images

    patients = check(run.site, run.study).patients
    usable = [patient for patient in patients if not patient.problems]
    sequences = run.study.imaging.sequences if run.study.imaging is not None else ()
    having = np.array(
        [sum(sequence.value in patient.sequences for patient in patients) for sequence in sequences], dtype=np.int64
    )
    problems = Counter(str(code) for patient in patients for code in {problem.code for problem in patient.problems})
    of_scanner: dict[str, list[PatientCheck]] = {}
    for patient in usable:
        of_scanner.setdefault(patient.scanner, []).append(patient)
    scanners = sorted(name for name, group in of_scanner.items() if len(group) >= least)
    return _in_plain_numbers(
        run.study,
        least,
        patients=len(patients),
        labels=[patient.label for patient in usable],
        having=_with_few_hidden(having, len(patients), least),
        problems=problems,
        protocols={name: _protocol(of_scanner[name]) for name in scanners},
    )


def _of_table(run: Run, least: int) -> PlaintextAnswer:
    approved = run.approved
    cohort = table.load(run.site, run.study, feature_table(run.site, run.study), approved.withdrawn, approved.reviewed)
    classes = run.study.question.endpoint.classes
    names, patients = np.unique(cohort.scanner, return_counts=True)
    return _in_plain_numbers(
        run.study,
        least,
        patients=len(cohort.y) + cohort.exclusions.total(),
        labels=[classes[int(value)].name if classes else f"{value:g}" for value in cohort.y],
        having=np.zeros(0, dtype=np.int64),
        problems=Counter({str(reason): count for reason, count in cohort.exclusions.items() if count}),
        protocols={
            str(name): np.zeros(PROTOCOL) for name, count in zip(names, patients, strict=True) if count >= least
        },
    )


def _in_plain_numbers(
    study: Study,
    least: int,
    *,
    patients: int,
    labels: list[str],
    having: Array,
    problems: Counter[str],
    protocols: dict[str, Array],
) -> PlaintextAnswer:
    classes = [class_.name for class_ in study.question.endpoint.classes]
    # Where the endpoint is a number all usable patients are of one class.
    counts = np.array([labels.count(class_) for class_ in classes] or [len(labels)], dtype=np.int64)
    hidden = ((counts > 0) & (counts < least)).any()
    reasons = sorted(problems)
    return PlaintextAnswer(
        arrays={
            "patients": np.array(patients),
            "usable": suppressed(np.array(len(labels)), least),
            # One hidden count and the total would give the other away.
            "class_counts": np.full_like(counts, SUPPRESSED) if hidden else counts,
            "having": having,
            "problems": suppressed(np.array([problems[reason] for reason in reasons], dtype=np.int64), least),
            "protocol": np.stack([protocols[scanner] for scanner in sorted(protocols)])
            if protocols
            else np.zeros((0, PROTOCOL)),
        },
        texts={"reasons": reasons, "scanners": sorted(protocols)},
    )


def _with_few_hidden(having: Array, patients: int, least: int) -> Array:
    lacking = patients - having
    few_lack = (lacking > 0) & (lacking < least)
    return np.asarray(np.where(few_lack, ALL_BUT_FEW, suppressed(having, least)))


def _protocol(group: Iterable["PatientCheck"]) -> Array:
    """Medians over the patients of a scanner; 0 where none has the sequence."""
    seconds = [patient.seconds for patient in group if len(patient.seconds) > 1]
    between = [float(np.median(np.diff(times))) for times in seconds]
    b_values = [max(patient.b_values) for patient in group if patient.b_values]
    return np.array([_median([len(times) for times in seconds]), _median(between), _median(b_values)])


def _median(values: list[int] | list[float]) -> float:
    return float(np.median(values)) if values else 0.0
