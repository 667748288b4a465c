"""The coordinator's countersignature on the head of a site's log."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.errors import MrfedError
from shared.federation import identity
from shared.federation.receipt import Head, countersign

KEY = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
HEAD = Head(site="north", entries=5, hash="a" * 64)


def test_a_growing_log_is_countersigned():
    first = countersign(KEY, HEAD, None)
    again = countersign(KEY, HEAD, first)
    longer = countersign(KEY, Head(site="north", entries=6, hash="b" * 64), again)
    assert again == first
    longer.check([identity.public_hex(KEY)])


@pytest.mark.parametrize(
    "head",
    [
        Head(site="north", entries=4, hash="a" * 64),
        Head(site="north", entries=5, hash="b" * 64),
        Head(site="south", entries=9, hash="b" * 64),
    ],
    ids=["shorter", "rewritten", "another site"],
)
def test_a_log_that_does_not_follow_is_not_countersigned(head):
    with pytest.raises(MrfedError, match="audit log"):
        countersign(KEY, head, countersign(KEY, HEAD, None))


def test_a_receipt_counts_only_from_a_known_coordinator_and_unchanged():
    receipt = countersign(KEY, HEAD, None)
    with pytest.raises(MrfedError, match="no coordinator"):
        receipt.check(["0" * 64])
    with pytest.raises(MrfedError, match="signature"):
        receipt.model_copy(update={"head": HEAD.model_copy(update={"entries": 6})}).check([receipt.coordinator])
