"""Makes a deck of slides out of each stored notebook: `make slides`."""
