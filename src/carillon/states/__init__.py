"""The daemon `states`: one picture of each person, from all that is said of him; watchers and calls read it."""
