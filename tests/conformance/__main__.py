"""Write docs/validation-radiomics.md: `python -m tests.conformance [FOLDER OF THE REFERENCE DATA]`."""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from tests.conformance import ibsi_phantom, pyradiomics_baseline
from tests.conformance.ibsi_phantom import OTHER_DEFINITIONS, Comparison, Status
from tests.conformance.pyradiomics_baseline import Baseline

DOCUMENT = Path("docs/validation-radiomics.md")


def document(comparisons: list[Comparison], baselines: list[Baseline]) -> str:
    """The page, in Markdown."""
    return "\n".join([*_introduction(), *_phantom(comparisons), *_baseline(baselines)]) + "\n"


def _introduction() -> Iterator[str]:
    yield "# Radiomics against its references"
    yield ""
    yield "Made by `python -m tests.conformance`; every number below was computed by it, with"
    yield (
        f"PyRadiomics (pyradiomics-bhklab) {version('pyradiomics-bhklab')}, through `client.imaging.radiomics.extract`."
    )
    yield ""


def _phantom(comparisons: list[Comparison]) -> Iterator[str]:
    counts = Counter(comparison.status for comparison in comparisons)
    yield "## The digital phantom of IBSI-1"
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
    for comparison in comparisons:
        if comparison.value is not None:
            yield (
                f"| {comparison.tag} | {comparison.reference:g} | {comparison.tolerance:g} | {comparison.feature} "
                f"| {comparison.value:.6g} | {comparison.status} |"
            )
    yield ""
    yield "### Other definitions"
    yield ""
    different = {comparison.feature for comparison in comparisons if comparison.status is Status.BY_DEFINITION}
    yield from (f"- {name}: {OTHER_DEFINITIONS[name].reason}." for name in sorted(different))
    yield ""
    yield "### Not offered"
    yield ""
    missing = [comparison for comparison in comparisons if comparison.status is Status.NOT_OFFERED]
    yield "PyRadiomics has no such feature:"
    yield ""
    families: dict[str, list[str]] = defaultdict(list)
    for absent in missing:
        if not absent.feature:
            family, _, name = absent.tag.partition("_")
            families[family].append(name)
    yield from (f"- {family}: {', '.join(names)}" for family, names in families.items())
    yield ""
    slices = Counter(absent.tag.split("_")[0] for absent in missing if absent.feature)
    yield "PyRadiomics does not average over single slices (IBSI's 2D aggregation): "
    yield ", ".join(f"{number} of {family}" for family, number in slices.items()) + "."
    yield ""


def _baseline(baselines: list[Baseline]) -> Iterator[str]:
    yield "## PyRadiomics' published baseline"
    yield ""
    yield "The test cases of PyRadiomics whose images are at hand, with the settings that its table records."
    yield "*Missing*: the region lies in one bin; PyRadiomics returns zeros and ones there, we name it missing."
    yield ""
    yield "| case | values | equal to 1e-9 | missing | differ | largest relative difference of the equal |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    by_case: dict[str, list[Baseline]] = defaultdict(list)
    for baseline in baselines:
        by_case[baseline.case].append(baseline)
    for case, values in sorted(by_case.items()):
        present = [one for one in values if one.missing is None]
        equal = [
            present_value.relative_difference for present_value in present if present_value.relative_difference <= 1e-9
        ]
        largest = f"{max(equal):.1e}" if equal else ""
        yield (
            f"| {case} | {len(values)} | {len(equal)} | {len(values) - len(present)} "
            f"| {len(present) - len(equal)} | {largest} |"
        )
    yield ""
    yield from _different(
        baseline for baseline in baselines if baseline.missing is None and baseline.relative_difference > 1e-9
    )


def _different(different: Iterable[Baseline]) -> Iterator[str]:
    yield "Where a value differs from the published one, the installed PyRadiomics on the whole image decides"
    yield "whether the difference is ours or one between its versions:"
    yield ""
    yield "| case | feature | published | ours | installed PyRadiomics |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for feature in different:
        yield (
            f"| {feature.case} | {feature.feature} | {feature.published:.9g} | {feature.value:.9g} "
            f"| {feature.installed:.9g} |"
        )


def main() -> None:
    """Compare, write, and fail where a value differs without a reason."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MRFED_TEST_DATA", "../shared/data"))
    comparisons = list(ibsi_phantom.compare(data / "ibsi1"))
    baselines = list(pyradiomics_baseline.compare(data / "pyradiomics_cases"))
    partial = DOCUMENT.with_suffix(".partial")
    partial.write_text(document(comparisons, baselines), encoding="utf-8")
    os.replace(partial, DOCUMENT)
    unexplained = [comparison.tag for comparison in comparisons if comparison.status is Status.DIFFERS]
    unexplained += [
        f"{baseline.case} {baseline.feature}"
        for baseline in baselines
        if baseline.missing is None and abs(baseline.value - baseline.installed) > 1e-9 * abs(baseline.installed)
    ]
    if unexplained:
        sys.exit(f"differ without a reason: {', '.join(unexplained)}")


if __name__ == "__main__":
    main()
