"""The two worlds in which a scenario runs: simulated (milliseconds) and live (the real engines and phones)."""
