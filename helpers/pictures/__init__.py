"""From a picture file to the digits in it, in the order of notebook 6."""
