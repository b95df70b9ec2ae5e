"""A question to answer before the measured value is shown."""
