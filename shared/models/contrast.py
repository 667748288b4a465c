"""A linear model's vector as one intercept and one weight a feature; of several classes the last against the first."""

from shared.arrays import Array


def contrast(kind: str, vector: Array, classes: int) -> tuple[float, Array]:
    """Intercept and (features,) weights, in log-odds for logistic models.

    Parameters
    ----------
    kind : of the model
    vector : coefficients in the order of its family
    classes : of the endpoint
    """
    if kind == "multinomial":
        rows = vector.reshape(classes, -1)
        difference = rows[-1] - rows[0]
        return float(difference[0]), difference[1:]
    if kind == "ordinal":
        return -float(vector[classes - 2]), vector[classes - 1 :]
    return float(vector[0]), vector[1:]
