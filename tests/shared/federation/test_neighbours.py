"""The graph of sites that mask with each other."""

import pytest

from shared.federation.neighbours import DEGREE, neighbours


def graph(count, keys="keys"):
    roster = [f"site-{number}" for number in range(count)]
    return {site: neighbours(site, roster, keys) for site in roster}


@pytest.mark.parametrize("count", [2, 3, 50, 65])
def test_small_federations_mask_all_with_all(count):
    assert all(len(peers) == count - 1 for peers in graph(count).values())


@pytest.mark.parametrize("count", [66, 101])
def test_large_federations_have_a_symmetric_graph_of_fixed_degree(count):
    edges = graph(count)
    assert {len(peers) for peers in edges.values()} == {DEGREE}
    assert all(site in edges[peer] for site, peers in edges.items() for peer in peers)
    assert all(site not in peers for site, peers in edges.items())


def test_the_order_on_the_ring_depends_on_keys_and_roster():
    assert graph(100) == graph(100)
    assert graph(100, "keys") != graph(100, "another")
    roster = [f"site-{number}" for number in range(100)]
    assert set(neighbours("site-0", roster, "s")) != set(neighbours("site-0", [*roster[:-1], "other"], "s"))
