"""Options under which FairSynth trains in a second."""

QUICK = ["--set", "max_epochs=1", "--set", "fairness_epochs=1", "--quiet"]
