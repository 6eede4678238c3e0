"""The tokenizer of Qwen's own vocabulary, read once for all tests that count with it."""

from dashscope import get_tokenizer

# the first Qwen's vocabulary: that of 2.5 differs in special tokens only
QWEN = get_tokenizer("qwen-7b-chat")
