"""What a model may do: one function per tool, and the one place every call goes through."""
