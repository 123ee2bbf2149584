"""MLW6xx: data handling."""
