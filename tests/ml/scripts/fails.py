"""A script that ends as many do."""
import sys

print("reading the data", flush=True)
print("row 17 has no colour", file=sys.stderr, flush=True)
raise ValueError("the data has no colour")
