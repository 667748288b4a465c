"""A network over dynamic phases: one small CNN sees every phase, a recurrent layer follows them in time.

Phases are the input's channels, in their order. That all share the CNN makes the number of weights independent of the
number of phases. Reference: Cho et al., EMNLP 2014 (the gated recurrent unit).
"""

from torch import Tensor, nn

from shared.networks.small_cnn import layers
from shared.sections.network import Input
from shared.sections.network import Temporal as TemporalForm


class Temporal(nn.Module):
    """From (patients, phases, ...) to the recurrent layer's last state."""

    def __init__(self, form: TemporalForm, seen: Input) -> None:
        super().__init__()
        self.phase, values = layers(form, seen.spatial, 1)
        self.time = nn.GRU(values, values, batch_first=True)
        self.values = values

    def forward(self, images: Tensor) -> Tensor:
        """State (patients, values) after the last phase."""
        patients, phases = images.shape[:2]
        seen = self.phase(images.reshape(patients * phases, 1, *images.shape[2:]))
        states, _ = self.time(seen.reshape(patients, phases, -1))
        last: Tensor = states[:, -1]
        return last


def temporal(form: TemporalForm, seen: Input) -> tuple[nn.Module, int]:
    """The body and the number of values that it gives."""
    body = Temporal(form, seen)
    return body, body.values
