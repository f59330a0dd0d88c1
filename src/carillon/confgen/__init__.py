"""Engine configuration, generated from the model."""
