import pytest

from tests.simulated_result import whole_result


@pytest.fixture(scope="session")
def result():
    return whole_result()
