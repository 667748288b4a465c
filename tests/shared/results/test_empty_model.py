from shared.results.empty_model import features_used, is_empty
from tests.simulated_result import whole_result


def test_a_model_is_empty_where_every_coefficient_is_zero():
    model = whole_result().model
    assert model is not None
    assert not is_empty(model)
    assert features_used(model) == len(model.coefficients)
    first = model.coefficients[0].model_copy(update={"value": 0.0})
    assert features_used(model.model_copy(update={"coefficients": (first, *model.coefficients[1:])})) == (
        len(model.coefficients) - 1
    )
    nothing = tuple(one.model_copy(update={"value": 0.0}) for one in model.coefficients)
    assert is_empty(model.model_copy(update={"coefficients": nothing}))
    assert is_empty(model.model_copy(update={"coefficients": ()}))


def test_a_network_is_never_empty():
    assert not is_empty(None)
