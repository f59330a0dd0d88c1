"""Where the files of one installation are."""
