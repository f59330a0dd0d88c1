"""Starting, watching and stopping the components."""
