"""Laws of diffusion: mobilities over composition and temperature."""
