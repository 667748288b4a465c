"""What is imaged and the physics of imaging it: anatomy, kinetics, diffusion, coils, noise; arrays in and out."""
