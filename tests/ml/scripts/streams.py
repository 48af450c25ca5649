"""A model that counts, piece by piece, and never comes to an end; one that takes all memory; one that only says what it was asked."""
import time


def model_fn(model_dir):
    return None


def transform_fn(model, data, content_type, accept):
    data = data.encode() if isinstance(data, str) else bytes(data)
    if data == b"count":
        return count()
    if data == b"eat":
        return eat()
    return b"said " + data


def count():
    at = 0
    while True:
        yield f"{at}\n".encode()
        at += 1
        time.sleep(0.002)


def eat():
    rows = []
    while True:
        rows.append(bytearray(16 * 2**20))
        rows[-1][::4096] = b"x" * 4096
