"""What nodes tell each other: that they are up, which phones they are home to, whom they have banned."""
