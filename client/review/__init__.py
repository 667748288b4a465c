"""What people at the hospital see of their patients' images, and what they say about them."""
