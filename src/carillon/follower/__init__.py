"""The daemon that follows a truth which nodes share: what was changed on any of them is in force on this one too."""
