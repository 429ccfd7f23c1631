"""Makes the web book out of the stored notebooks: `make book`."""
