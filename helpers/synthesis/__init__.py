"""Pictures made by program: for training, for measuring, for the samples."""
