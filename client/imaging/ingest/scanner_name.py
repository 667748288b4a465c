"""What a scanner is called where patients are grouped by scanner."""

from client.imaging.ingest.frame import Frame


def scanner_name(frame: Frame) -> str:
    """Make, model and field strength."""
    field_t = "" if frame.field_t is None else f"{frame.field_t:g} T"
    return " ".join(part for part in (frame.manufacturer, frame.model, field_t) if part)
