"""The truth: SQL tables, how they are opened, migrated, and fed to the directories of the nodes."""
