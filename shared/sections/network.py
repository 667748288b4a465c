"""A network on the images: what it sees, its form, how sites train it and how their work is put together.

A study with this section trains a network in rounds::

    network:
      input: {size: [64, 64], channels: [before, early, late]}
      architecture: {name: resnet10, norm: group}
      training: {rounds: 20, local_epochs: 1}
      strategy: {name: fedprox, mu: 0.01}
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from shared.sections import unread
from shared.sections.kinds import SectionOfKind, by_kind, default_kind
from shared.sections.section import Section


class Input(Section):
    """What the network sees of a patient: a crop around the lesion."""

    dimensions: Literal["2d", "2.5d", "3d"] = "2d"
    """The slice in which the lesion is largest; the same with its neighbours as further channels; the volume."""
    channels: tuple[str, ...] = Field(min_length=1)
    """Images and maps, by name; or the channels of a ready table of images, in its order."""
    size: tuple[int, ...] = (64, 64)
    """Voxels of the crop: rows and columns, in 3D slices before them."""
    margin: float = Field(default=0.2, ge=0, le=2)
    """What is kept around the lesion's box, in parts of the box."""
    extent_mm: float | None = Field(default=None, gt=0)
    """Edge of the crop; None: that of the lesion's box, its longer edge, with the margin."""
    neighbours: int = Field(default=1, ge=1, le=4)
    """In 2.5D: slices on each side."""
    intensity: Literal["zscore", "common", "raw"] = "zscore"
    """Each channel of each patient with mean 0 and deviation 1 over its crop; all patients' with mean 0 and deviation 1
    over the training patients of all sites together, so that how much a lesion enhances still tells them apart; or as
    it is."""

    @model_validator(mode="after")
    def _size_fits(self) -> "Input":
        if len(self.size) != (3 if self.dimensions == "3d" else 2) or min(self.size) < 8:
            raise ValueError("input.size takes rows and columns, in 3D slices before them, each at least 8")
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("input.channels names a channel twice")
        return self

    @model_validator(mode="after")
    def _all_is_read(self) -> "Input":
        foreign: dict[str, tuple[str, str]] = {}
        if self.dimensions != "2.5d":
            foreign["neighbours"] = ("dimensions: 2.5d", f"dimensions: {self.dimensions}")
        if self.extent_mm is not None:
            foreign["margin"] = ("a crop around the lesion's box", "a crop of extent_mm")
        unread.refuse(self, foreign)
        return self

    @property
    def spatial(self) -> int:
        """Spatial dimensions of the network."""
        return 3 if self.dimensions == "3d" else 2

    def edge_mm(self, box_mm: Iterable[float]) -> float:
        """Edge of the crop around a lesion whose box has these edges."""
        return max(map(float, box_mm)) * (1 + 2 * self.margin) if self.extent_mm is None else self.extent_mm

    @property
    def stacked(self) -> int:
        """Channels that the network is given."""
        return len(self.channels) * (1 + 2 * self.neighbours if self.dimensions == "2.5d" else 1)


class Augmentation(Section):
    """Random changes of a training image, new in each epoch."""

    flips: bool = True
    rotation_deg: float = Field(default=0, ge=0, le=180)
    scaling: float = Field(default=0, ge=0, lt=1)
    """Largest change of size, as a share."""
    shift: float = Field(default=0, ge=0, lt=1)
    """Largest shift along each axis, as a share of the crop."""
    noise: float = Field(default=0, ge=0)
    """Standard deviation of added Gaussian noise, in units of the input."""
    bias_field: float = Field(default=0, ge=0, le=1)
    """Largest coefficient of a random multiplicative field."""


class Form(SectionOfKind):
    """What networks of every form have."""

    tag: ClassVar[str] = "name"
    sees_images: ClassVar[bool] = True
    follows_phases: ClassVar[bool] = False
    """Whether it takes the channels as phases, one after the other."""

    name: str
    dropout: float = Field(default=0.0, ge=0, lt=1)
    variables: tuple[str, ...] = ()
    """Columns of the clinical table that are joined to what the image gives (late fusion); with `features` the MLP's
    only input."""
    features: tuple[str, ...] = ()
    """Radiomic features that are joined with them, by their names in the feature table."""
    pretrained: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of a file of weights to start from, which lies in each site's workspace under `pretrained/`."""

    @model_validator(mode="after")
    def _nothing_twice(self) -> "Form":
        if len(set(self.joined)) != len(self.joined):
            raise ValueError("architecture.variables and features name something twice")
        return self

    @property
    def joined(self) -> tuple[str, ...]:
        """Names of all numbers beside the image, in the order of the network's input."""
        return self.variables + self.features

    @property
    def keeps_patients_apart(self) -> bool:
        """Whether a patient's gradient can be clipped: no layer mixes patients."""
        return False


class ImageForm(Form):
    """Of networks that see images."""

    norm: Literal["batch", "group", "instance"] = "group"
    """Group norm knows neither batches nor sites: the default. FedBN keeps the parameters of any of them local."""


class WidthForm(ImageForm):
    """Of networks whose width is open."""

    width: int = Field(default=16, ge=4, le=128)
    """Channels after the first layer."""


class ResNet10(WidthForm):
    """A residual network of ten layers."""

    name: Literal["resnet10"] = "resnet10"


class DenseNet121(ImageForm):
    """A densely connected network of 121 layers."""

    name: Literal["densenet121"] = "densenet121"


class SmallCnn(WidthForm):
    """Three convolutional layers."""

    name: Literal["small_cnn"] = "small_cnn"

    @property
    def keeps_patients_apart(self) -> bool:
        """With group norm."""
        return self.norm == "group"


class Temporal(WidthForm):
    """A small convolutional network that sees each phase, and a recurrent layer that follows them."""

    follows_phases: ClassVar[bool] = True
    name: Literal["temporal"] = "temporal"


class Mlp(Form):
    """A network on variables and features alone."""

    sees_images: ClassVar[bool] = False
    name: Literal["mlp"] = "mlp"

    @model_validator(mode="after")
    def _has_variables(self) -> "Mlp":
        if not self.joined:
            raise ValueError("architecture.name: mlp sees no image; name its input in variables or features")
        return self

    @property
    def keeps_patients_apart(self) -> bool:
        """It has no norm layer."""
        return True


_OF_FORMS = ResNet10 | DenseNet121 | SmallCnn | Mlp | Temporal
FORMS = by_kind(_OF_FORMS)
"""Section of each form."""
Architecture = Annotated[_OF_FORMS, Field(discriminator="name"), default_kind("name", "resnet10")]
"""The network's form (`shared.networks.registry`)."""


class LocalTraining(Section):
    """What a site does in one round."""

    rounds: int = Field(default=20, ge=1, le=1000)
    local_epochs: int = Field(default=1, ge=1, le=100)
    batch_size: int = Field(default=16, ge=1)
    """Patients a step; more than a site has is all of them."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = Field(default=0.01, gt=0)
    momentum: float = Field(default=0.0, ge=0, lt=1)
    """Starts anew in each round."""
    weight_decay: float = Field(default=0.0, ge=0)
    schedule: Literal["constant", "cosine", "plateau"] = "constant"
    """Over rounds. Plateau: halved after `patience` rounds without a better validation metric."""
    patience: int = Field(default=5, ge=1)
    gradient_clip: float | None = Field(default=5.0, gt=0)
    """Largest norm of a step's gradient."""
    sampling: Literal["natural", "balanced"] = "balanced"
    """Balanced: each class is drawn as often as the other."""
    validation: float = Field(default=0.0, ge=0, lt=0.5)
    """Share of each site's training patients who are held back to judge the incoming model, stratified by class."""
    stop_after: int | None = Field(default=None, ge=1)
    """Rounds without a better site-stratified AUC of the validation patients after which training ends."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """Arithmetic of the network's layers; weights stay in float32. float16 needs a GPU."""
    time_limit_s: float | None = Field(default=None, gt=0)
    """A site that takes longer in a round answers with the steps that it has done."""
    memory_limit_mb: int | None = Field(default=None, ge=128)
    seed: int = 1
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _judged(self) -> "LocalTraining":
        if not self.validation and (self.stop_after is not None or self.schedule == "plateau"):
            raise ValueError("training.stop_after and schedule: plateau judge by validation patients; set validation")
        return self

    @model_validator(mode="after")
    def _all_is_read(self) -> "LocalTraining":
        foreign: dict[str, tuple[str, str]] = {}
        if self.optimizer != "sgd":
            foreign["momentum"] = ("optimizer: sgd", f"optimizer: {self.optimizer}")
        if self.schedule != "plateau":
            foreign["patience"] = ("schedule: plateau", f"schedule: {self.schedule}")
        unread.refuse(self, foreign)
        return self


class Averaging(SectionOfKind):
    """What all strategies share."""

    tag: ClassVar[str] = "name"
    masked: ClassVar[bool] = True
    """Whether sums are enough; a strategy that compares sites reads the change of each."""
    controlled: ClassVar[bool] = False
    """Whether changes of control variates are summed beside those of the weights."""
    counts_steps: ClassVar[bool] = False
    """Whether it counts the steps of gradient descent that a site takes."""
    accounted: ClassVar[bool] = True
    """Whether differential privacy knows what it spends."""

    name: str
    weights: Literal["patients", "equal"] = "patients"
    """What a site counts for."""
    largest_change: float = Field(default=8.0, gt=0)
    """Largest change of a weight in a round; a site whose training went further does not answer. It fixes the step
    of the sums: this over 2^31, or over 2^15 with 16 bits."""
    bits: Literal[16, 32] = 32
    """Of one value on its way. Sums under masks are whole numbers of steps: 32 bits are as exact as float32 where
    weights are about one, and twice the traffic of 16."""


class FedAvg(Averaging):
    """The mean of what the sites trained."""

    name: Literal["fedavg"] = "fedavg"


class FedProx(Averaging):
    """Sites are held to the global weights."""

    accounted: ClassVar[bool] = False
    name: Literal["fedprox"]
    mu: float = Field(default=0.01, ge=0)


class FedAvgM(Averaging):
    """Momentum over rounds."""

    name: Literal["fedavgm"]
    server_rate: float = Field(default=1.0, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)


class FedAdam(Averaging):
    """Adam over rounds."""

    name: Literal["fedadam"]
    server_rate: float = Field(default=0.1, gt=0)
    beta_1: float = Field(default=0.9, ge=0, lt=1)
    beta_2: float = Field(default=0.99, ge=0, lt=1)
    tau: float = Field(default=1e-3, gt=0)


class FedYogi(Averaging):
    """Yogi over rounds."""

    name: Literal["fedyogi"]
    server_rate: float = Field(default=0.01, gt=0)
    beta_1: float = Field(default=0.9, ge=0, lt=1)
    beta_2: float = Field(default=0.99, ge=0, lt=1)
    tau: float = Field(default=1e-3, gt=0)


class FedBN(Averaging):
    """Norm layers stay at their site."""

    name: Literal["fedbn"]


class Scaffold(Averaging):
    """Control variates take out the drift of each site."""

    controlled: ClassVar[bool] = True
    counts_steps: ClassVar[bool] = True
    accounted: ClassVar[bool] = False
    name: Literal["scaffold"]
    server_rate: float = Field(default=1.0, gt=0)


class FedNova(Averaging):
    """Sites that take more steps count no more."""

    counts_steps: ClassVar[bool] = True
    name: Literal["fednova"]


class Ditto(Averaging):
    """A personal model beside the global one."""

    accounted: ClassVar[bool] = False
    name: Literal["ditto"]
    attachment: float = Field(default=0.1, ge=0)
    """How strongly the personal model is held to the global one."""


class Robust(Averaging):
    """Aggregation that some dishonest sites do not move; every site's change is readable by the coordinator."""

    masked: ClassVar[bool] = False
    name: Literal["median", "trimmed_mean", "krum"]
    dishonest: int = Field(default=1, ge=1)
    """How many sites it withstands."""
    largest_norm: float = Field(default=100.0, gt=0)
    """A change with a larger norm is left out, and counted as dishonest."""


_OF_STRATEGIES = FedAvg | FedProx | FedAvgM | FedAdam | FedYogi | FedBN | Scaffold | FedNova | Ditto | Robust
STRATEGIES = by_kind(_OF_STRATEGIES)
"""Section of each strategy."""
Strategy = Annotated[_OF_STRATEGIES, Field(discriminator="name"), default_kind("name", "fedavg")]
"""One way of putting the sites' work together (`shared.strategies.registry`)."""


class DifferentialPrivacy(Section):
    """Training that hides each patient's part: clipped gradients, Gaussian noise (DP-SGD)."""

    noise_multiplier: float = Field(gt=0)
    """Standard deviation of the noise over the largest norm of a patient's gradient."""
    largest_norm: float = Field(default=1.0, gt=0)
    """To which each patient's gradient is clipped."""
    epsilon: float = Field(gt=0)
    """What the whole study may spend at each site; a round that would pass it is refused."""
    delta: float = Field(default=1e-5, gt=0, lt=1)


class Network(Section):
    """A network, its training and its strategy."""

    input: Input
    architecture: Architecture = ResNet10()
    training: LocalTraining = LocalTraining()
    strategy: Strategy = FedAvg()
    differential_privacy: DifferentialPrivacy | None = None
    explain: bool = False
    """Say, as sums over patients, how much of the network's attention lies in the lesion (Grad-CAM, occlusion)."""

    @model_validator(mode="after")
    def _consistent(self) -> "Network":
        form = self.architecture
        if not form.sees_images and self.explain:
            raise ValueError(f"explain looks at images, and architecture.name: {form.name} sees none")
        if self.strategy.counts_steps and self.training.optimizer != "sgd":
            raise ValueError(f"strategy {self.strategy.name} counts steps of training.optimizer: sgd")
        if form.follows_phases and len(self.input.channels) < 2:
            raise ValueError(f"architecture.name: {form.name} follows phases; name at least two in input.channels")
        if form.follows_phases and self.input.dimensions == "2.5d":
            raise ValueError(f"architecture.name: {form.name} takes 2d or 3d, not 2.5d")
        if self.differential_privacy is not None:
            if not form.keeps_patients_apart:
                raise ValueError(
                    "differential_privacy needs architecture.name: mlp or small_cnn with norm: group: other layers "
                    "mix patients, and a patient's gradient could not be clipped"
                )
            if self.training.validation or self.training.weight_decay:
                raise ValueError(
                    "differential_privacy: what validation patients say would leave without noise, and weight_decay is "
                    "not offered; set both to 0"
                )
            if self.explain:
                raise ValueError("differential_privacy: what explain says would leave without noise; set it to false")
            if self.training.optimizer != "sgd":
                raise ValueError("differential_privacy needs training.optimizer: sgd")
            if not self.strategy.accounted:
                raise ValueError("differential_privacy with this strategy is not accounted for; take fedavg")
            plain = ["precision", "time_limit_s", "memory_limit_mb"]
            if self.training.gradient_clip is not None:  # none is true: each patient's gradient is clipped instead
                plain.append("gradient_clip")
            reader = ("training without differential_privacy", "training with differential_privacy")
            unread.refuse(self.training, dict.fromkeys(plain, reader), "training")
        return self
