"""The school: recorded runs become data, and an adapter is used only if it proves better."""
