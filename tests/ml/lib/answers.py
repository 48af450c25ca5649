"""Every answer is held against botocore's own model of it: what is missing, what is of another type, what is no word of an
enumeration, what is too long, what the shape does not have."""
import json
import re

from botocore.validate import ParamValidator

# Java's expressions as Python's: where one cannot be read it is left aside.
PATTERNS = {}
# A shape of the model that AWS's own answers do not keep to.
LOOSE = set()


def check_answer(client, operation, parsed):
    """Fails unless PARSED is an answer of OPERATION (the method's name or the operation's)."""
    names = client.meta.method_to_api_mapping
    model = client.meta.service_model.operation_model(names.get(operation, operation))
    faults = faults_of(model, parsed)
    if faults:
        raise AssertionError(f"the answer to {model.name} does not fit its shape:\n  " + "\n  ".join(faults))


def faults_of(model, parsed):
    shape = model.output_shape
    if shape is None:
        return []
    answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    streamed = streaming_member(shape)
    answer.pop(streamed, None)
    faults = ParamValidator().validate(answer, without(shape, streamed)).generate_report()
    return [*faults.splitlines(), *constraints(shape, answer, model.name)]


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


def unknown_members(shape, value, path):
    """What stands in the answer's JSON that its shape does not have: botocore drops it without a word."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, each in value.items():
            if name not in names:
                yield f"{path}.{name} is not in the shape {shape.name}"
            elif each is not None:
                yield from unknown_members(names[name], each, f"{path}.{name}")
    elif kind == "list" and isinstance(value, list):
        for at, each in enumerate(value):
            yield from unknown_members(shape.member, each, f"{path}[{at}]")
    elif kind == "map" and isinstance(value, dict):
        for key, each in value.items():
            yield from unknown_members(shape.value, each, f"{path}.{key}")


class Checked:
    """Looks at every answer that a client gets; counts them."""

    def __init__(self):
        self.answers = 0
        self.faults = []

    def watch(self, client):
        client.meta.events.register("after-call.*.*", self.look)
        return client

    def look(self, http_response, parsed, model, **_):
        if http_response.status_code >= 300:
            return
        self.answers += 1
        faults = faults_of(model, parsed)
        protocol = model.service_model.resolved_protocol
        if protocol == "json" and model.output_shape is not None:
            told = json.loads(http_response.content or b"{}")
            faults += unknown_members(model.output_shape, told, model.name)
        self.faults += [f"{model.name}: {fault}" for fault in faults]

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
