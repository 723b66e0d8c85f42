"""Laws of charge transfer."""
