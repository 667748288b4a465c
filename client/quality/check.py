"""What of a site's data is usable for a study, before anything is computed."""

from collections import Counter
from collections.abc import Callable, Hashable
from collections.abc import Mapping as Row
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from client.cohort.endpoint import outcomes
from client.cohort.exclusion import Reason
from client.cohort.treatment import EXAMINED, day, is_treated, recorded_day, treated
from client.imaging.ingest import exports
from client.imaging.ingest import mapping as mapping_file
from client.imaging.ingest.index import Fault, Index
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.side import named
from client.quality.check_patient import PatientCheck, Problem, check_patient
from client.review.decisions import Reviewed, reviewed, standing
from client.review.journal import Journal, Verdict
from client.site.site_file import Columns, Site
from client.site.tables import column, of_site
from shared.errors import Code
from shared.study.study import Study

_REMEDY = {
    Reason.LABEL_MISSING: "no label; enter it in the clinical table",
    Reason.LABEL_INDETERMINATE: "IHC and ISH do not settle the HER2 status; enter the missing result",
    Reason.LABEL_CONTRADICTORY: "IHC and ISH contradict each other; settle which one holds",
    Reason.LABEL_UNREADABLE: "the label is none of those known; correct its spelling",
    Reason.LABEL_IMPLAUSIBLE: "the label lies outside the study's plausible range; check its unit",
    Reason.OTHER_CLASS: "the label is none that the study asks about",
}
_YES = {"1", "1.0", "true", "yes", "y", "x"}


@dataclass(frozen=True)
class SiteCheck:
    """What of a site's data is usable.

    Parameters
    ----------
    patients : with images, sorted
    without_images : in the clinical table only
    untreated : for whom the table has nothing where treatment began, and who are taken as not treated
    faults : files that should have been of use
    others : how many files are of no use, by what they are
    """

    patients: tuple[PatientCheck, ...]
    without_images: tuple[str, ...]
    faults: tuple[Fault, ...]
    others: dict[str, int]
    untreated: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """How many patients can enter the study as things are."""
        return sum(not patient.problems for patient in self.patients)


def check(site: Site, study: Study, workers: int = 1, on_file: Callable[[int, int], None] | None = None) -> SiteCheck:
    """Look for everything that a study needs: sequences, phases, b-values, masks, labels.

    Parameters
    ----------
    site, study : what is there, and what is asked
    workers : processes that read headers
    on_file : told how many files were read, of how many

    Raises
    ------
    MrfedError where the study takes no images, or there is no folder or no clinical table to look at.
    """
    exported = exports.folder(site, study)
    mapping = mapping_file.load(site.data.mapping) if site.data.mapping else Mapping()
    index = Index(exported, site.workspace / "index.sqlite")
    index.update(workers, on_file)
    patients = [
        check_patient(index.patient(identifier), mapping, study, index.folder) for identifier in index.patients()
    ]
    without_images: tuple[str, ...] = ()
    untreated: tuple[str, ...] = ()
    if site.data.clinical is not None:
        reviews = reviewed(site.workspace, study.name)
        without_images, untreated = _check_clinical(patients, site.data.clinical, site, study, reviews)
    _check_time_points(patients)
    _check_review(patients, site.workspace, study)
    return SiteCheck(
        patients=tuple(sorted(patients, key=lambda patient: patient.patient)),
        without_images=without_images,
        untreated=untreated,
        faults=tuple(index.faults()),
        others=index.others(),
    )


def _check_time_points(patients: list[PatientCheck]) -> None:
    """Whose examination has another label than most: which label a trial gives the first one, the trial alone knows."""
    labels = Counter(patient.timepoint for patient in patients if patient.timepoint)
    for patient in patients:
        [(usual, _)] = labels.most_common(1) or [("", 0)]
        if patient.timepoint and patient.timepoint != usual:
            patient.notes.append(
                f"time point {patient.timepoint} of the trial, most have {usual}; make sure that this is before "
                "treatment, or say in the mapping file which is (baseline)"
            )


def _check_review(patients: list[PatientCheck], workspace: Path, study: Study) -> None:
    """Who was rejected, by whom and why."""
    decisions = standing(Journal(workspace).entries(), study.name)
    for patient in patients:
        decision = decisions.get(patient.patient)
        if decision is not None and decision.verdict is Verdict.REJECTED:
            text = (
                f"patient {patient.patient}: rejected at review by {decision.reader} on {decision.time[:10]} "
                f"({', '.join(decision.why)}); accept the images in mrfed-site review to take her back"
            )
            patient.problems.append(Problem(Code.REFUSED, text))


def _check_clinical(
    patients: list[PatientCheck], path: Path, site: Site, study: Study, reviews: Reviewed
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels and what was recorded around the examination; returns patients without images, and those not treated."""
    columns = site.columns
    clinical = of_site(path, site)
    names = column(clinical, columns.patient, path).astype(str)
    clinical = reviews.join(clinical.set_index(names.rename(None)))
    labels = dict(zip(clinical.index, outcomes(clinical, columns, study.question.endpoint, path), strict=True))
    for name in (
        columns.treatment_start,
        columns.biopsy,
        columns.breast,
        columns.clip,
        columns.haematoma,
        columns.implant,
    ):
        if name is not None:
            column(clinical, name, path)
    twice = set(clinical.index[clinical.index.duplicated()])
    twice |= {
        patient.patient for patient in patients if sum(patient.patient == namesake.patient for namesake in patients) > 1
    }
    for patient in patients:
        if patient.patient in twice:
            patient.problems.append(
                Problem(Code.DATA_INCONSISTENT, f"patient {patient.patient}: occurs twice; settle which one holds")
            )
        elif patient.patient not in labels:
            patient.problems.append(
                Problem(
                    Code.LABEL_MISSING,
                    f"patient {patient.patient}: has no row in {path.name}; add it, or say in the mapping file how the "
                    "table calls the patient (patients.ID.table_name)",
                )
            )
        else:
            _label(patient, labels[patient.patient], study)
            _recorded(patient, clinical.loc[patient.patient].to_dict(), columns)
    examined = {patient.patient for patient in patients}
    untreated = (
        sorted(str(name) for name, start in clinical[columns.treatment_start].items() if not is_treated(start))
        if columns.treatment_start is not None
        else []
    )
    return tuple(sorted(set(clinical.index) - examined)), tuple(name for name in untreated if name in examined)


def _label(patient: PatientCheck, label: float | Reason, study: Study) -> None:
    if isinstance(label, Reason):
        code = Code.LABEL_UNKNOWN if label is Reason.LABEL_UNREADABLE else Code.LABEL_MISSING
        patient.problems.append(Problem(code, f"patient {patient.patient}: {_REMEDY[label]}"))
    elif (endpoint := study.question.endpoint).continuous:
        patient.label = f"{endpoint.middle + endpoint.half_range * label:g} {endpoint.unit}".rstrip()
    else:
        patient.label = study.question.endpoint.classes[int(label)].name


def _recorded(patient: PatientCheck, row: Row[Hashable, object], columns: Columns) -> None:
    """Dates and circumstances that decide whether the images show the tumour as it was sampled."""
    examined = day(patient.examined, EXAMINED)
    if columns.treatment_start is not None:
        _treatment(patient, examined, row[columns.treatment_start])
    if columns.biopsy is not None:
        taken = recorded_day(row[columns.biopsy])
        if examined and taken:
            patient.notes.append(f"examined {(examined - taken).days} days after the biopsy")
        else:
            missing = "biopsy" if examined else "examination"
            patient.notes.append(f"days between biopsy and examination unknown: no day of the {missing}")
    if columns.breast is not None:
        _breast(patient, row[columns.breast])
    for name in ("clip", "haematoma", "implant"):
        recorded = getattr(columns, name)
        if recorded is not None and str(row[recorded]).strip().lower() in _YES:
            patient.notes.append(name)


def _treatment(patient: PatientCheck, examined: datetime | None, started: object) -> None:
    begun = recorded_day(started)
    if not treated(patient.examined, started):
        return
    if begun is None:
        what = f"treated since {str(started).strip()}, which is no day; enter it as YYYY-MM-DD in the clinical table"
    elif examined is None:
        what = (
            f"treated since {begun:%Y-%m-%d}, but the images have no date (StudyDate, AcquisitionDate, SeriesDate); "
            "export them with one"
        )
    else:
        what = (
            f"examined on {examined:%Y-%m-%d}, treated since {begun:%Y-%m-%d}; export the examination before "
            "treatment, or name it in the mapping file (patients.ID.study)"
        )
    patient.problems.append(Problem(Code.DATA_INCONSISTENT, f"patient {patient.patient}: {what}"))


def _breast(patient: PatientCheck, recorded: object) -> None:
    """Whether the mask lies in the breast that was sampled, and whether anything says so."""
    sampled = named(recorded)
    if sampled and patient.breast and sampled != patient.breast:
        what = (
            f"the mask lies in the {patient.breast} breast, the {sampled} one was sampled; name the lesion that was "
            "sampled in the mapping file (patients.ID.lesion), or correct the clinical table"
        )
    elif sampled and not patient.breast and patient.mask_ml is not None:
        what = (
            f"the {sampled} breast was sampled, and nothing says which one the mask lies in (Laterality); say so in "
            "the mapping file (patients.ID.breast)"
        )
    elif sampled is None:
        patient.notes.append("the clinical table does not say which breast was sampled: the side is not checked")
        return
    else:
        return
    patient.problems.append(Problem(Code.DATA_INCONSISTENT, f"patient {patient.patient}: {what}"))
