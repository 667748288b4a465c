"""Write docs/validation-imaging.md: what is read of each vendor, against what, on inputs with a known right value.

Run as `python -m tests.validation.imaging` (`make validate-imaging`). All findings come from the run.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from client.imaging.ingest.header import read
from client.imaging.ingest.stack import stack
from client.quality.check_patient import PatientCheck
from shared.errors import MrfedError
from tests.imaging_cases import CASES, checked

PAGE = Path("docs/validation-imaging.md")


@dataclass(frozen=True)
class Fact:
    """What is read of a vendor, what it is held against, and the test that holds it."""

    vendor: str
    read: str
    against: str
    test: str


INGEST = "tests/client/imaging/ingest/"
FACTS = (
    Fact("Philips", "scale of values: real-world mapping, rescale slope and scale slope (2005,100E)",
         "Chenevert 2014; Ref/*.json of dcm_qa_philips, dcm_qa_philips_enh, dcm_qa_philips_dwi, dcm_qa_philips_asl",
         f"{INGEST}test_scaling.py"),
    Fact("Philips", "b-values (2001,1003) and directions (2005,10B0 to B2); trace images (0018,9075)",
         "conformance statement", f"{INGEST}test_b_value.py"),
    Fact("Siemens", "mosaics: 25 slices, their size, order and place",
         "slice positions of the scanner's own protocol (dcm_qa_decubitus)", f"{INGEST}test_packed.py"),
    Fact("Siemens", "b-value (0019,100C) or in the sequence's name; sense of phase encoding (CSA header)",
         "Ref/*.json of dcm_qa_decubitus: b 0 and 1000, PhaseEncodingDirection j-", f"{INGEST}test_packed.py"),
    Fact("UIH", "VFRAME grids: 20 slices, their size, order and place", "(0065,1051) of dcm_qa_uih",
         f"{INGEST}test_packed.py"),
    Fact("UIH", "b-value (0065,1009) and direction (0065,1037)", "Ref/*.bval of dcm_qa_uih: 1.25194 and 928.289",
         f"{INGEST}test_vendor_facts.py"),
    Fact("GE", "b-value (0043,1039), directions (0019,10BB to BD), duration (0019,105A)", "conformance statement",
         f"{INGEST}test_b_value.py"),
    Fact("Toshiba", "b-value and direction (0018,9087), (0018,9089); b = 0 where neither is written",
         "Ref/8006_DTI_AX_30d.bvec of dcm_qa_toshiba", f"{INGEST}test_vendor_facts.py"),
    Fact("Canon", "b-value and direction in the image comments", "dcm2niix, Canon",
         f"{INGEST}test_diffusion_choice.py"),
    Fact("all", "geometry and order of slices", "SimpleITK", f"{INGEST}test_stack.py"),
    Fact("all", "compressed pixels", "the same pixels uncompressed", f"{INGEST}test_pixels.py"),
    Fact("all", "DICOM SEG", "highdicom", f"{INGEST}test_segmentation.py"),
    Fact("all", "RTSTRUCT", "polygons whose pixels are counted", f"{INGEST}test_structure_set.py"),
)  # fmt: skip

RIGHT = {
    "m02_float_1_255": "mask of 0 and 1/255: 6.95 ml",
    "m04_probability": "probability map: one lesion from one half on, 6.28 ml",
    "m15_qform_right_sform_wrong": "refused: qform and sform lie apart",
    "m25_t2_nifti_beside_dicom": "the DICOM is used, 6.95 ml, and the file named",
    "r04_duplicate_contours": "a contour stored twice counts once: 4.80 ml",
    "s12_two_far_slices": "two slices: 2.40 ml",
    "x05_rtstruct_per_series": "the mask on the series that is used",
    "r15_umlaut_names": "Läsion is the tumour",
    "x01_pe_in_description": "PE=RL is a dynamic series",
    "w08_synthetic_b_ge": "b = 0, 400, 800; the synthetic one is not used",
    "w09_fa_map_as_t2": "refused: there is no T2",
    "w04_b0_untagged_toshiba": "b = 0, 800",
    "p3_single": "b = 0, 800",
    "p3_repeat_other_gain": "refused: which series?",
    "p4_undated_after_treatment": "examined 20200102",
    "x03_negative_time_points": "time point -22",
    "d08_resent_with_new_uids": "phases at -10, 140, 410 s, each once",
    "e_no_preamble": "read",
    "x06_vendor_map_without_unit": "refused: unit",
    "d28_pid_escape": "read, its escape bytes written out",
}


def _words(found: PatientCheck) -> str:
    if found.problems:
        return "refused: " + "; ".join(problem.text.partition(": ")[2] for problem in found.problems)
    values = [
        f"examined {found.examined}" + (f", time point {found.timepoint}" if found.timepoint else ""),
        f"{found.mask_ml:.2f} ml ({found.lesion})" if found.mask_ml is not None else "",
        f"phases at {', '.join(f'{second:g}' for second in found.seconds)} s" if found.seconds else "",
        f"b = {', '.join(f'{b:g}' for b in found.b_values)}" if found.b_values else "",
    ]
    return "; ".join(filter(None, values))


def _cases() -> Iterator[str]:
    yield "| input | right | found |"
    yield "| --- | --- | --- |"
    with tempfile.TemporaryDirectory() as folder:
        for name, right in RIGHT.items():
            for patient in checked(name, Path(folder)).patients:
                yield f"| `{name}` | {right} | {_words(patient).replace('|', ' ')} |"


def _phantoms() -> Iterator[str]:
    yield "| phantom | slices | spacing, mm | first voxel, mm | b, s/mm² | phase encoding |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for folder in ("siemens_mosaic", "uih_vframe"):
        for path in sorted((CASES / folder).glob("*.dcm")):
            try:
                volume = stack(read(path.read_bytes(), path.name).frames)
            except MrfedError as error:
                yield f"| {folder} | {error.text} | | | | |"
                continue
            grid, frame = volume.geometry, volume.frames[0]
            spacing, origin = (", ".join(f"{mm:.3f}" for mm in part) for part in (grid.spacing_mm, grid.origin_mm))
            size = " x ".join(map(str, grid.size))
            yield f"| {folder} | {size} | {spacing} | {origin} | {frame.b_value:.4g} | {frame.phase_encoding} |"


def page() -> Iterator[str]:
    """Lines of the page."""
    yield "# Reading images: against what"
    yield ""
    yield "Written by `make validate-imaging`; what was found is from that run. The tests named here hold the same."
    yield ""
    yield "## Vendor by vendor"
    yield ""
    yield "| vendor | what is read | against what | test |"
    yield "| --- | --- | --- | --- |"
    for fact in FACTS:
        yield f"| {fact.vendor} | {fact.read} | {fact.against} | `{fact.test}` |"
    yield ""
    yield "The dcm_qa sets are public phantoms (github.com/neurolabusc, BSD 2-clause); facts of theirs stand in the"
    yield "tests as literal tables. Headers that state nothing have a page: [missing tags](missing-tags.md)."
    yield ""
    yield "## Packed volumes"
    yield ""
    yield from _phantoms()
    yield ""
    yield "## Inputs that were once read wrongly"
    yield ""
    yield "Synthetic patients, one fault each; `tests/client/quality/test_check_cases.py` holds the right value."
    yield ""
    yield from _cases()


def main() -> None:
    """Write the page."""
    PAGE.write_text("\n".join(page()) + "\n")


if __name__ == "__main__":
    main()
