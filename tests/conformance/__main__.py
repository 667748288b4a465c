"""Write docs/validation-radiomics.md: `python -m tests.conformance [FOLDER OF THE REFERENCE DATA]`."""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from tests.conformance import ibsi_configurations, ibsi_filters, ibsi_phantom, mirp_values, pyradiomics_baseline
from tests.conformance.ibsi_configurations import CONFIGURATIONS, PHANTOM, Phantom
from tests.conformance.ibsi_filters import ALLOWED_SHARE, RESPONSES, MapDifference
from tests.conformance.ibsi_phantom import OTHER_DEFINITIONS
from tests.conformance.ibsi_tags import WITHOUT_USE
from tests.conformance.mirp_values import Pair
from tests.conformance.pyradiomics_baseline import Baseline
from tests.conformance.reference import Comparison, Status

DOCUMENT = Path("docs/validation-radiomics.md")


def compare_configurations(data: Path) -> dict[str, list[Comparison]]:
    """The digital phantom, and every configuration of the CT phantom that has a table."""
    digital, ct = data / "ibsi1", data / "ibsi1_ct"
    table = digital / "ibsi_1_dig_phantom.csv"
    compared = {"digital phantom": list(ibsi_configurations.compare(Phantom.read(digital), PHANTOM, table))}
    phantom = Phantom.read(ct)
    for name, configuration in CONFIGURATIONS.items():
        table = ct / f"config_{name}.csv"
        if table.exists():
            compared[f"configuration {name.upper()}"] = list(ibsi_configurations.compare(phantom, configuration, table))
    return compared


def introduction() -> Iterator[str]:
    """What the page is."""
    yield "# Radiomics against its references"
    yield ""
    yield "Made by `make validate-radiomics`; every number below was computed by it, through"
    yield f"`client.imaging.radiomics.extract`, with PyRadiomics (pyradiomics-bhklab) {version('pyradiomics-bhklab')}."
    yield "Preset `ibsi` follows IBSI's definitions throughout; preset `pyradiomics` and parameter files are"
    yield "PyRadiomics' own way, number for number."
    yield ""


def configurations(compared: Mapping[str, list[Comparison]], pairs: list[Pair]) -> Iterator[str]:
    """Preset `ibsi` against the reference values of IBSI-1 and against MIRP."""
    yield "## Preset `ibsi`: the phantoms of IBSI-1"
    yield ""
    yield "Grids with aligned centres, masks by linear interpolation and a threshold of 0.5, intensities rounded (CT),"
    yield "re-segmentation, discretization and every family of features as IBSI defines them. Descriptions of image and"
    yield "masks are among the values. A value matches when it lies within IBSI's tolerance, or within half a unit of"
    yield "the third digit, to which the references are written. MIRP is a second implementation"
    yield f"({mirp_values.VERSION}); equal means within {mirp_values.ALLOWED:g} relative. Configurations without a"
    yield "reference column were computed as IBSI's manual says, and have MIRP alone beside them."
    yield ""
    yield "| phantom | values | matched | not offered | differ | features of MIRP | equal | differ |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    seconds: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        seconds[f"configuration {pair.configuration.upper()}"].append(pair)
    for name in sorted({*compared, *seconds}, key=lambda name: (name != "digital phantom", name)):
        counts = Counter(one.status for one in compared.get(name, ()))
        equal = sum(pair.alike for pair in seconds.get(name, ()))
        of_references = [counts.total(), counts[Status.MATCHED], counts[Status.NOT_OFFERED], counts[Status.DIFFERS]]
        of_mirp = [len(seconds.get(name, ())), equal, len(seconds.get(name, ())) - equal]
        cells = [*(of_references if name in compared else [""] * 4), *(of_mirp if name in seconds else [""] * 3)]
        yield f"| {name} | {' | '.join(str(cell) for cell in cells)} |"
    yield ""
    yield "### What is not offered"
    yield ""
    yield from (f"- `{tag}`: {why}." for tag, why in WITHOUT_USE.items())
    yield ""
    yield from _different_from_mirp([pair for pair in pairs if not pair.alike], compared)
    yield "### Every value"
    yield ""
    for name, comparisons in compared.items():
        beside = {pair.tag: f"{pair.mirp:.6g}" for pair in seconds.get(name, ())}
        rows = [one for one in comparisons if one.value is not None]
        yield from _folded(
            name,
            "| IBSI tag | reference | tolerance | MIRP | computed | |",
            "| --- | ---: | ---: | ---: | ---: | --- |",
            (
                f"| {one.tag} | {one.reference:g} | {one.tolerance:g} | {beside.get(one.tag, '')} | {one.value:.6g} "
                f"| {one.status} |"
                for one in rows
            ),
        )
    for name in sorted(set(seconds) - set(compared)):
        yield from _folded(
            name,
            "| IBSI tag | MIRP | computed | |",
            "| --- | ---: | ---: | --- |",
            (
                f"| {pair.tag} | {pair.mirp:.6g} | {pair.value:.6g} | {'equal' if pair.alike else 'differs'} |"
                for pair in seconds[name]
            ),
        )


def _folded(name: str, heading: str, rule: str, rows: Iterable[str]) -> Iterator[str]:
    """A table that a reader unfolds."""
    yield f"<details><summary>{name}</summary>"
    yield ""
    yield heading
    yield rule
    yield from rows
    yield ""
    yield "</details>"
    yield ""


def _different_from_mirp(different: list[Pair], compared: Mapping[str, list[Comparison]]) -> Iterator[str]:
    """Where the two implementations part, and on which side the reference is."""
    if not different:
        return
    known = {
        (name, one.tag): f"{one.reference:g} | {one.tolerance:g}" for name, values in compared.items() for one in values
    }
    yield "### Where MIRP differs"
    yield ""
    yield "| configuration | IBSI tag | reference | tolerance | MIRP | computed | |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- |"
    for pair in different:
        reference = known.get((f"configuration {pair.configuration.upper()}", pair.tag), " | ")
        yield f"| {pair.configuration.upper()} | {pair.tag} | {reference} | {pair.mirp:.6g} | {pair.value:.6g} | |"
    yield ""


def response_maps(differences: list[MapDifference]) -> Iterator[str]:
    """Preset `ibsi` against the response maps of IBSI-2."""
    yield "## Preset `ibsi`: the response maps of IBSI-2"
    yield ""
    yield f"A voxel may differ by {ALLOWED_SHARE:.0%} of the map's range. {len(RESPONSES)} tests of the first phase are"
    yield "set up; those whose reference is at hand:"
    yield ""
    yield "| test | voxels beyond | largest difference, share of the range | |"
    yield "| --- | ---: | ---: | --- |"
    for one in differences:
        verdict = "differs" if one.beyond else "matched"
        yield f"| {one.test.replace('_', '.')} | {one.beyond:.2%} | {one.largest:.1e} | {verdict} |"
    yield ""


def filtered_ct(comparisons: list[tuple[str, Comparison]]) -> Iterator[str]:
    """Preset `ibsi` against the features of filtered CT of IBSI-2."""
    yield "## Preset `ibsi`: features of filtered CT"
    yield ""
    yield "Tests of IBSI-2's second phase; A in slices, B in the volume at 1 mm. The grid of a Simoncelli wavelet is"
    yield "the one on which its references can be met: symmetric about its centre, so that with an even number of"
    yield "voxels no sample lies at frequency zero."
    yield ""
    yield "| test | values | matched | differ |"
    yield "| --- | ---: | ---: | ---: |"
    by_test: dict[str, list[Comparison]] = defaultdict(list)
    for test, one in comparisons:
        by_test[test].append(one)
    for test, values in by_test.items():
        counts = Counter(one.status for one in values)
        yield f"| {test} | {len(values)} | {counts[Status.MATCHED]} | {counts[Status.DIFFERS]} |"
    yield ""


def pyradiomics_phantom(comparisons: list[Comparison]) -> Iterator[str]:
    """PyRadiomics' own way against the digital phantom."""
    counts = Counter(one.status for one in comparisons)
    yield "## PyRadiomics' own way: the digital phantom of IBSI-1"
    yield ""
    yield (
        f"{len(comparisons)} reference values: {counts[Status.MATCHED]} matched, "
        f"{counts[Status.BY_DEFINITION]} different by definition, {counts[Status.NOT_OFFERED]} not offered, "
        f"{counts[Status.DIFFERS]} different without a reason."
    )
    yield "A value matches when it lies within IBSI's tolerance, or within half a unit of the third digit,"
    yield "to which the references are written. *Differs by definition* means that PyRadiomics documents another"
    yield "definition, and that its value, converted as stated, matches."
    yield ""
    yield "| IBSI tag | reference | tolerance | feature | computed | |"
    yield "| --- | ---: | ---: | --- | ---: | --- |"
    for one in comparisons:
        if one.value is not None:
            yield (
                f"| {one.tag} | {one.reference:g} | {one.tolerance:g} | {one.feature} | {one.value:.6g} "
                f"| {one.status} |"
            )
    yield ""
    yield "### Other definitions"
    yield ""
    different = {one.feature for one in comparisons if one.status is Status.BY_DEFINITION}
    yield from (f"- {name}: {OTHER_DEFINITIONS[name].reason}." for name in sorted(different))
    yield ""
    yield "### Not offered"
    yield ""
    missing = [one for one in comparisons if one.status is Status.NOT_OFFERED]
    yield "PyRadiomics has no such feature; preset `ibsi` has it, but for those named above:"
    yield ""
    families: dict[str, list[str]] = defaultdict(list)
    for one in missing:
        if not one.feature:
            family, _, name = one.tag.partition("_")
            families[family].append(name)
    yield from (f"- {family}: {', '.join(names)}" for family, names in families.items())
    yield ""
    slices = Counter(one.tag.split("_")[0] for one in missing if one.feature)
    yield "PyRadiomics does not average over single slices (IBSI's 2D aggregation): "
    yield ", ".join(f"{number} of {family}" for family, number in slices.items()) + "."
    yield ""


def published_baseline(baselines: list[Baseline]) -> Iterator[str]:
    """PyRadiomics' own way against its published values."""
    yield "## PyRadiomics' published baseline"
    yield ""
    yield "The test cases of PyRadiomics whose images are at hand, with the settings that its table records."
    yield "*Missing*: the region lies in one bin; PyRadiomics returns zeros and ones there, we name it missing."
    yield ""
    yield "| case | values | equal to 1e-9 | missing | differ | largest relative difference of the equal |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    by_case: dict[str, list[Baseline]] = defaultdict(list)
    for one in baselines:
        by_case[one.case].append(one)
    for case, values in sorted(by_case.items()):
        present = [one for one in values if one.missing is None]
        equal = [one.relative_difference for one in present if one.relative_difference <= 1e-9]
        largest = f"{max(equal):.1e}" if equal else ""
        yield (
            f"| {case} | {len(values)} | {len(equal)} | {len(values) - len(present)} "
            f"| {len(present) - len(equal)} | {largest} |"
        )
    yield ""
    yield from _different(one for one in baselines if one.missing is None and one.relative_difference > 1e-9)


def _different(different: Iterable[Baseline]) -> Iterator[str]:
    yield "Where a value differs from the published one, the installed PyRadiomics on the whole image decides"
    yield "whether the difference is ours or one between its versions:"
    yield ""
    yield "| case | feature | published | ours | installed PyRadiomics |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for one in different:
        yield f"| {one.case} | {one.feature} | {one.published:.9g} | {one.value:.9g} | {one.installed:.9g} |"


def main() -> None:
    """Compare, write, and fail where a value differs without a reason."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MRFED_TEST_DATA", "../shared/data"))
    ct = Phantom.read(data / "ibsi1_ct")
    compared = compare_configurations(data)
    pairs = list(mirp_values.compare(ct))
    maps = list(ibsi_filters.compare_maps(data / "ibsi2"))
    filtered = list(ibsi_filters.compare_features(ct, data / "ibsi2" / "reference_values.csv"))
    comparisons = list(ibsi_phantom.compare(data / "ibsi1"))
    baselines = list(pyradiomics_baseline.compare(data / "pyradiomics_cases"))
    sections = (
        introduction(),
        configurations(compared, pairs),
        response_maps(maps),
        filtered_ct(filtered),
        pyradiomics_phantom(comparisons),
        published_baseline(baselines),
    )
    partial = DOCUMENT.with_suffix(".partial")
    partial.write_text("\n".join(line for section in sections for line in section) + "\n", encoding="utf-8")
    os.replace(partial, DOCUMENT)
    unexplained = [
        f"{name} {one.tag}" for name, values in compared.items() for one in values if one.status is Status.DIFFERS
    ]
    unexplained += [one.test for one in maps if one.beyond > 0]
    unexplained += [f"{test} {one.tag}" for test, one in filtered if one.status is Status.DIFFERS]
    unexplained += [one.tag for one in comparisons if one.status is Status.DIFFERS]
    unexplained += [
        f"{one.case} {one.feature}"
        for one in baselines
        if one.missing is None and abs(one.value - one.installed) > 1e-9 * abs(one.installed)
    ]
    if unexplained:
        sys.exit(f"differ without a reason: {', '.join(unexplained)}")


if __name__ == "__main__":
    main()
