"""Every answer is held against botocore's own model of it: what is missing, what is of another type, what is no word of an
enumeration, what is too long, what the shape does not have; and of an error whether the operation may end so (wires.py)."""
import re

from botocore.exceptions import EventStreamError
from botocore.validate import ParamValidator

from lib.wires import answer_faults, declared, error_faults

# Java's expressions as Python's: where one cannot be read it is left aside.
PATTERNS = {}


def faults_of(model, parsed):
    shape = model.output_shape
    if shape is None:
        return []
    answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    streamed = streaming_member(shape)
    answer.pop(streamed, None)
    faults = ParamValidator().validate(answer, without(shape, streamed)).generate_report()
    return [*faults.splitlines(), *constraints(shape, answer, model.name)]


def faults_of_error(model, parsed):
    """Of the members that the error's shape has; botocore gives them beside the code."""
    shape = declared(model, parsed.get("Error", {}).get("Code"))
    if shape is None:
        return []
    told = {name: value for name, value in parsed.items() if name in shape.members}
    return [*ParamValidator().validate(told, shape).generate_report().splitlines(), *constraints(shape, told, shape.name)]


def streaming_member(shape):
    """The member that is a stream: it cannot be looked at without being read."""
    member = shape.serialization.get("payload")
    if member is None:
        return None
    body = shape.members[member]
    streams = body.serialization.get("streaming") or body.serialization.get("eventstream")
    return member if streams or body.type_name == "blob" else None


def without(shape, member):
    """The shape less a member that was taken out."""
    if member is None or member not in shape.required_members:
        return shape
    model = {**shape._shape_model, "required": [name for name in shape.required_members if name != member]}
    return type(shape)(shape.name, model, shape._shape_resolver)


def constraints(shape, value, path):
    """What ParamValidator leaves aside: words, patterns, and how much may be."""
    kind = shape.type_name
    if kind == "structure":
        for name, member in shape.members.items():
            if isinstance(value, dict) and value.get(name) is not None:
                yield from constraints(member, value[name], f"{path}.{name}")
    elif kind == "list" and isinstance(value, list):
        yield from too_much(shape, len(value), path)
        for at, each in enumerate(value):
            yield from constraints(shape.member, each, f"{path}[{at}]")
    elif kind == "map" and isinstance(value, dict):
        yield from too_much(shape, len(value), path)
        for key, each in value.items():
            yield from constraints(shape.value, each, f"{path}.{key}")
    elif kind == "string" and isinstance(value, str):
        yield from text_constraints(shape, value, path)
    elif kind in ("integer", "long", "float", "double") and not isinstance(value, bool):
        yield from too_much(shape, value, path)


def text_constraints(shape, value, path):
    if shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, which is none of {', '.join(shape.enum)}"
    yield from too_much(shape, len(value), path)
    pattern = compiled(shape.metadata.get("pattern"))
    if pattern and not pattern.fullmatch(value):
        yield f"{path} is {value!r}, which is not like {pattern.pattern}"


def too_much(shape, size, path):
    most = shape.metadata.get("max")
    if most is not None and size > most:
        yield f"{path} is or has {size}, at most {most}"


def compiled(pattern):
    if pattern is None:
        return None
    if pattern not in PATTERNS:
        try:
            PATTERNS[pattern] = re.compile(pattern.removeprefix("^").removesuffix("$"))
        except re.error:
            PATTERNS[pattern] = None
    return PATTERNS[pattern]


class CheckedStream:
    """An answer in events, each of which is looked at as it passes."""

    def __init__(self, stream, shape, note):
        self.stream, self.shape, self.note = stream, shape, note

    def __iter__(self):
        try:
            for event in self.stream:
                self.note(faults_of_event(self.shape, event))
                yield event
        except EventStreamError as error:
            code = error.response["Error"]["Code"]
            if code not in self.shape.members:
                self.note([f"the exception {code} is none of {', '.join(self.shape.members)}"])
            raise

    def __getattr__(self, name):
        return getattr(self.stream, name)


def faults_of_event(shape, event):
    if len(event) != 1:
        return [f"an event that is {len(event)} at once"]
    return [*ParamValidator().validate(event, shape).generate_report().splitlines(), *constraints(shape, event, shape.name)]


class Checked:
    """Looks at every answer that a client gets, the errors too; counts them."""

    def __init__(self):
        self.answers = 0
        self.errors = 0
        self.operations = set()
        self.faults = []

    def watch(self, client):
        client.meta.events.register("after-call.*.*", self.look)
        return client

    def look(self, http_response, parsed, model, **_):
        def note(faults):
            self.faults += [f"{model.name}: {fault}" for fault in faults]
        self.answers += 1
        self.operations.add(model.name)
        if http_response.status_code >= 300:
            self.errors += 1
            note([*error_faults(http_response, parsed, model), *faults_of_error(model, parsed)])
            return
        note([*faults_of(model, parsed), *answer_faults(http_response, model)])
        member = streaming_member(model.output_shape) if model.output_shape is not None else None
        if member and model.output_shape.members[member].serialization.get("eventstream"):
            parsed[member] = CheckedStream(parsed[member], model.output_shape.members[member], note)

    def assert_good(self):
        """Fails with everything that was wrong since the last time."""
        faults, self.faults = self.faults, []
        if faults:
            raise AssertionError("answers that do not fit their shapes:\n  " + "\n  ".join(dict.fromkeys(faults)))


def watch_boto3(checked):
    """Every client that boto3 or an SDK on top of it makes from now on is watched; returns what ends that."""
    import botocore.client

    made = botocore.client.ClientCreator.create_client

    def create_client(*args, **kwargs):
        return checked.watch(made(*args, **kwargs))

    botocore.client.ClientCreator.create_client = create_client
    return lambda: setattr(botocore.client.ClientCreator, "create_client", made)
