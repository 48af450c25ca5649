"""What a user's function gave, as the hub's answer."""
import json
import types

from weft_script import encoding

TEXT = "text/plain"


class Answer:
    """`pieces`: an iterator of what comes one after the other, instead of a body."""

    def __init__(self, status=200, content_type="", attributes="", body=b"", pieces=None):
        self.status = status
        self.type = content_type
        self.attributes = attributes
        self.body = body
        self.pieces = pieces


def refusal(status, message):
    return Answer(status, TEXT, body=message.encode("utf-8", "replace"))


def bytes_of(value, content_type):
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if encoding.base_type(content_type) == encoding.JSON and isinstance(value, (dict, list, int, float)):
        return json.dumps(value, default=encoding.plain).encode("utf-8")
    raise TypeError(f"output_fn (or transform_fn) gave a {type(value).__name__}: it has to be a text, bytes, or "
                    "(one of them, its content type)")


def is_response(value):
    """Flask's Response and its likes (sagemaker_containers' worker.Response)."""
    return hasattr(value, "get_data") and hasattr(value, "mimetype")


def answer_of(value, accept, context):
    kind = context.content_type or (encoding.parse_accept(accept) or [encoding.JSON])[0]
    status = context.status or 200
    attributes = str(context.response_headers.get("x-amzn-sagemaker-custom-attributes", ""))
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        value, kind = value
    if is_response(value):
        kind = value.mimetype or kind
        status = getattr(value, "status_code", None) or status
        value = value.get_data()
    if isinstance(value, (types.GeneratorType, map, filter)):
        return Answer(status, kind, attributes, pieces=(bytes_of(each, kind) for each in value))
    return Answer(status, kind, attributes, bytes_of(value, kind))
