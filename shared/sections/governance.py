"""Who allowed the study, on what ground, until when."""

from datetime import date

from shared.sections.section import Section


class Governance(Section):
    """Ethics vote and data-use agreement that the sites' approval refers to."""

    ethics: str
    data_use: str
    expires: date
    """No site answers after this day."""
