"""Networks at the hospital: images as examples, local rounds of training, a strategy's state, explanations."""
