"""The mind: agents as data, the run loop as a stream of facts, approval, limits and toolboxes."""
