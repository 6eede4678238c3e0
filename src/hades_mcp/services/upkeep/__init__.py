"""Upkeep: the copy in Milvus kept in step, orphans mended, vectors made anew."""
