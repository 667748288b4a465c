"""How features are taken."""

from typing import Literal

from shared.sections.section import Section


class Radiomics(Section):
    """Preset and regions; the settings hash of a site's features covers all of this."""

    preset: Literal["ramtohul2023", "ibsi"] = "ibsi"
    regions: tuple[Literal["tumour"], ...] = ("tumour",)
