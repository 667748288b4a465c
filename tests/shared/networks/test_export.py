"""Exported networks give what the network itself gives, for any number of patients."""

import io

import numpy as np
import pytest
import torch

from shared.networks import weights as packed
from shared.networks.export import onnx, torchscript
from shared.networks.registry import BODIES, build
from shared.sections.network import FORMS, Input, Network


def network(name: str) -> Network:
    variables = ("age",) if name in ("mlp", "small_cnn") else ()
    width = {"width": 4} if "width" in FORMS[name].model_fields else {}
    form = FORMS[name](variables=variables, **width)
    return Network(input=Input(channels=("before", "early"), size=(32, 32)), architecture=form)


@pytest.mark.parametrize("name", [name for name in BODIES if name != "densenet121"])
def test_torchscript_gives_the_same_logits_for_any_number_of_patients(name: str) -> None:
    settings = network(name)
    model = build(settings)
    weights = packed.draw(model, 1)
    packed.put(model.eval(), weights)
    images = torch.randn(5, 0 if name == "mlp" else 2, 32, 32)
    variables = torch.randn(5, len(settings.architecture.joined))
    loaded = torch.jit.load(io.BytesIO(torchscript(settings, weights)))
    with torch.inference_mode():
        np.testing.assert_allclose(loaded(images, variables), model(images, variables), rtol=1e-5, atol=1e-6)


def test_onnx_is_a_valid_graph_of_both_inputs() -> None:
    checker = pytest.importorskip("onnx")
    settings = network("small_cnn")
    graph = checker.load_from_string(onnx(settings, packed.draw(build(settings), 1)))
    checker.checker.check_model(graph)
    assert [value.name for value in graph.graph.input] == ["images", "variables"]
