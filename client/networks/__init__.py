"""Networks at the hospital: images as examples, local training, what is kept, what is explained."""
