"""The face: a terminal chat that shows what an agent says, calls and gets back."""
