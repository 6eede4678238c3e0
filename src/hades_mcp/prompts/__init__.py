"""Words for models: the prompt library, and the one renderer of chats that speaks and teaches."""
