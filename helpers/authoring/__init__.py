"""What only the authors of the series and make run: executing, storing, releasing."""
