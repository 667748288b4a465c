"""Masked sums: each site hides its values under masks that cancel when all sites' answers are added.

Two sites agree a secret by X25519, derive from it one key for each answer by HKDF-SHA256, and expand that key
by ChaCha20 to a mask, which the first of them adds and the second subtracts (Bonawitz et al., CCS 2017). The
key is bound to everything that names the answer, so that no two answers ever share a mask.

A site may add a second mask of its own, which it discloses when all the sites of an agreed set have answered:
then the sum over that set decodes although other sites were lost (`disclose`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.contract import fixed_point
from shared.contract.fixed_point import Encoding, FixedPoint, Limbs, Reals
from shared.errors import Code, MrfedError
from shared.federation.neighbours import neighbours
from shared.files.document import canonical, digest

Named = Mapping[str, Limbs]
Layout = list[tuple[str, tuple[int, ...]]]
Terms = list[tuple[str, tuple[int, ...], dict[str, object]]]
"""Name, shape, and ring and scale of every array of an answer."""
Operation = Callable[[Limbs, Limbs], None]

BLOCK = 8192
"""Values that the mask generator makes at once: limb after limb, so that this orders the key stream."""


@dataclass(frozen=True)
class Binding:
    """What the masks of one answer are bound to, besides the ordered roster and the answer's layout, rings and scales.

    Parameters
    ----------
    study : digest of the study
    run : identifier of the run
    step : name of the exchange within the run
    question : SHA-256 of the question's bytes, in hexadecimal
    attempt : 0, counted up where a step is asked anew of another set of sites
    """

    study: str
    run: str
    step: str
    question: str
    attempt: int = 0


@dataclass(frozen=True)
class Disclosure:
    """Keys with which the coordinator takes a site's own mask, and its masks with lost sites, off a sum.

    Parameters
    ----------
    own : 32-byte key of the site's own mask
    lost : for each neighbour that did not answer, the 32-byte key shared with it for this answer alone
    """

    own: bytes
    lost: Mapping[str, bytes]

    def texts(self) -> dict[str, object]:
        """The words of the contract in which the keys travel."""
        return {"own": self.own.hex(), "lost": {site: key.hex() for site, key in self.lost.items()}}

    @classmethod
    def from_texts(cls, texts: Mapping[str, object]) -> "Disclosure":
        """Undo `texts`.

        Raises
        ------
        MrfedError (`NOT_IN_CONTRACT`) where they are no keys.
        """
        try:
            lost = {str(site): bytes.fromhex(key) for site, key in dict(texts["lost"]).items()}  # type: ignore[call-overload]
            own = bytes.fromhex(str(texts["own"]))
        except (KeyError, TypeError, ValueError) as error:
            raise MrfedError(Code.NOT_IN_CONTRACT, "what a site disclosed are no keys; compare its version") from error
        if {len(key) for key in (own, *lost.values())} != {32}:
            raise MrfedError(Code.NOT_IN_CONTRACT, "a disclosed key has another length; compare the versions")
        return cls(own, lost)


class Masker:
    """One site's side of the masking, for one roster.

    Parameters
    ----------
    site : name of this site
    private_key : its X25519 key for this study
    public_keys : 32-byte X25519 public key of every site, this one included, in the order of the roster;
        the caller has checked their signatures (`shared.federation.identity`)

    Raises
    ------
    MrfedError where the roster has fewer than two sites, repeats a key, or states another key for this site.
    """

    def __init__(self, site: str, private_key: X25519PrivateKey, public_keys: Mapping[str, bytes]) -> None:
        if len(public_keys) < 2:
            raise MrfedError(Code.REFUSED, f"site {site}: a sum over one site cannot be masked; add sites")
        if len(set(public_keys.values())) != len(public_keys):
            raise MrfedError(Code.REFUSED, f"site {site}: two sites show one masking key; refuse the roster")
        if public_keys.get(site) != private_key.public_key().public_bytes_raw():
            raise MrfedError(
                Code.REFUSED,
                f"site {site}: the roster states another masking key for this site; compare fingerprints",
            )
        self.site = site
        self._private_key = private_key
        self._public_keys = dict(public_keys)
        self._all_keys = digest([[name, key.hex()] for name, key in public_keys.items()])
        self._secrets: dict[str, bytes] = {}

    def mask(
        self,
        values: Mapping[str, Reals],
        encodings: Mapping[str, Encoding],
        binding: Binding,
        *,
        own_mask: bool = False,
    ) -> dict[str, Limbs]:
        """Encode and mask the values of one answer.

        Parameters
        ----------
        values : named arrays (...), the same names and shapes at every site
        encodings : encoding of each name; `FixedPoint()` where none is given
        binding : what the answer belongs to
        own_mask : also add this site's own mask, to be disclosed later

        Returns
        -------
        named arrays (limbs, ...) of 64-bit words, uniformly distributed to whoever lacks a key

        Raises
        ------
        MrfedError where a value is not finite, or so large that the sum over all sites could overflow.
        """
        encoded = {
            name: encodings.get(name, FixedPoint()).encode(value, len(self._public_keys))
            for name, value in values.items()
        }
        layout = _terms(encoded, encodings)
        order = list(self._public_keys)
        added = [self._own_key(binding, layout)] if own_mask else []
        subtracted: list[bytes] = []
        for peer in neighbours(self.site, order, self._all_keys):
            side = added if order.index(self.site) < order.index(peer) else subtracted
            side.append(self._pair_key(peer, binding, layout))
        return _add_masks(encoded, added, subtracted)

    def disclose(
        self, masked: Named, encodings: Mapping[str, Encoding], binding: Binding, answered: Sequence[str]
    ) -> Disclosure:
        """Keys that unmask this site's part of the sum over the sites that answered, and of no other sum.

        The caller makes sure that it does so once for a binding, and that all members of the set have signed
        the same set (`shared.federation.agreement`).

        Parameters
        ----------
        masked : the answer that this site gave
        encodings : as it was given
        binding : what that answer belongs to
        answered : the agreed set of sites, this one included
        """
        layout = _terms(masked, encodings)
        peers = neighbours(self.site, list(self._public_keys), self._all_keys)
        lost = [peer for peer in peers if peer not in answered]
        return Disclosure(
            own=self._own_key(binding, layout),
            lost={peer: self._pair_key(peer, binding, layout) for peer in lost},
        )

    def _pair_key(self, peer: str, binding: Binding, layout: Terms) -> bytes:
        if peer not in self._secrets:
            public_key = X25519PublicKey.from_public_bytes(self._public_keys[peer])
            try:
                self._secrets[peer] = self._private_key.exchange(public_key)
            except ValueError as error:
                raise MrfedError(
                    Code.REFUSED, f"site {peer}: its masking key is a point of low order; refuse the roster"
                ) from error
        return self._derive(self._secrets[peer], sorted([self.site, peer]), binding, layout)

    def _own_key(self, binding: Binding, layout: Terms) -> bytes:
        return self._derive(self._private_key.private_bytes_raw(), [self.site], binding, layout)

    def _derive(self, secret: bytes, sites: list[str], binding: Binding, layout: Terms) -> bytes:
        info = {
            "purpose": "mask",
            "sites": sites,
            "binding": asdict(binding),
            "roster": [[site, key.hex()] for site, key in self._public_keys.items()],
            "layout": layout,
        }
        return HKDF(SHA256(), length=32, salt=b"mrfed masked sum 1", info=canonical(info)).derive(secret)


def unmask_sum(masked: Sequence[Named], encodings: Mapping[str, Encoding]) -> dict[str, Reals]:
    """Decode the sum of all sites' masked answers.

    Parameters
    ----------
    masked : one answer of every site of the roster, in any order
    encodings : as the sites used them

    Raises
    ------
    MrfedError where the answers differ in names or shapes.
    """
    return _decode(_add_up(masked), encodings)


def unmask_sum_of_answered(
    masked: Mapping[str, Named],
    encodings: Mapping[str, Encoding],
    roster: Sequence[str],
    disclosures: Mapping[str, Disclosure],
) -> dict[str, Reals]:
    """Decode the sum over the sites that answered under masks of their own, others being lost.

    Parameters
    ----------
    masked : answer of each site of the agreed set
    encodings : as the sites used them
    roster : all sites, in the order of the roster
    disclosures : what each site of the agreed set disclosed

    Raises
    ------
    MrfedError where a site of the set has not disclosed its keys, or answers differ in names or shapes.
    """
    if missing := sorted(set(masked) - set(disclosures)):
        raise MrfedError(Code.QUORUM, f"{', '.join(missing)}: keys not disclosed; wait, or stop the study")
    order = {site: place for place, site in enumerate(roster)}
    absent = set(roster) - set(masked)
    for site in masked:
        if not set(disclosures[site].lost) <= absent:
            raise MrfedError(
                Code.NOT_IN_CONTRACT,
                f"site {site} disclosed keys of sites that were not lost; do not go on",
            )
    added: list[bytes] = []
    subtracted: list[bytes] = []
    for site in masked:
        subtracted.append(disclosures[site].own)
        for peer, key in disclosures[site].lost.items():
            (subtracted if order[site] < order[peer] else added).append(key)
    return _decode(_add_masks(_add_up(list(masked.values())), added, subtracted), encodings)


def _layout(encoded: Named) -> Layout:
    return [(name, encoded[name].shape) for name in sorted(encoded)]


def _terms(encoded: Named, encodings: Mapping[str, Encoding]) -> Terms:
    return [(name, shape, encodings.get(name, FixedPoint()).terms) for name, shape in _layout(encoded)]


def _add_up(masked: Sequence[Named]) -> dict[str, Limbs]:
    if any(_layout(answer) != _layout(masked[0]) for answer in masked):
        raise MrfedError(Code.NOT_IN_CONTRACT, "sites answered with different names or shapes; compare their versions")
    total = {name: array.copy() for name, array in masked[0].items()}
    for answer in masked[1:]:
        for name, array in answer.items():
            fixed_point.add(total[name], array)
    return total


def _decode(total: Named, encodings: Mapping[str, Encoding]) -> dict[str, Reals]:
    return {name: encodings.get(name, FixedPoint()).decode(array) for name, array in total.items()}


def _add_masks(encoded: Named, added: Sequence[bytes], subtracted: Sequence[bytes]) -> dict[str, Limbs]:
    """Sum of encoded values and the key streams of `added`, less those of `subtracted`."""
    generators = [(_generator(key), fixed_point.add) for key in added]
    generators += [(_generator(key), fixed_point.subtract) for key in subtracted]
    masked: dict[str, Limbs] = {}
    kinds = {name: (len(limbs_of_name), limbs_of_name.dtype.itemsize) for name, limbs_of_name in encoded.items()}
    for limbs, width in sorted(set(kinds.values()), reverse=True):
        names = [name for name in sorted(encoded) if kinds[name] == (limbs, width)]
        # One flat run over all arrays: the cost of a call is paid a block, not a name.
        flat = np.concatenate([encoded[name].reshape(limbs, -1) for name in names], axis=1)
        _add_key_streams(flat, generators)
        ends = np.cumsum([encoded[name][0].size for name in names])
        for name, part in zip(names, np.split(flat, ends[:-1], axis=1), strict=True):
            masked[name] = part.reshape(encoded[name].shape)
    return {name: masked[name] for name in encoded}


def _add_key_streams(flat: Limbs, generators: Sequence[tuple[CipherContext, Operation]]) -> None:
    limbs, size = flat.shape
    zeros = memoryview(bytes(flat.itemsize * limbs * min(BLOCK, size)))
    stream = bytearray(len(zeros))
    for start in range(0, size, BLOCK):
        block = flat[:, start : start + BLOCK]
        words = np.frombuffer(stream, dtype=f"<u{flat.itemsize}", count=block.size).reshape(limbs, -1)
        for generator, operation in generators:
            generator.update_into(zeros[: words.nbytes], memoryview(stream)[: words.nbytes])
            operation(block, words)


def _generator(key: bytes) -> CipherContext:
    # Counter and nonce stay zero: a key serves one answer only.
    return Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor()
