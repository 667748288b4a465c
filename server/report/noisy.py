"""The page of a study with noise."""

from server.report.writing import page
from server.results.noisy_result import NoisyResult


def render(result: NoisyResult) -> str:
    """HTML of a result with noise; equal results give equal bytes."""
    return page("noisy.html.j2", result.study, {"result": result, "spent": result.spent})
