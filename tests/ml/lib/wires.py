"""An answer as it came, before botocore's parser: that parser drops what it does not know and takes much for what was meant.

Held against the model of the operation: the form of the protocol, the request's id, members and headers that the shape does not
have, times and truth values in words that are none; and of an error its code, status, type and members."""
import datetime
import json
import re
import xml.etree.ElementTree as ElementTree

from botocore.parsers import RpcV2CBORParser

S3_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ISO8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
# RFC 9110's, which is what headers have.
IMF_FIXDATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{16}")

# Headers of AWS's that any answer may have, whatever the shape.
ALWAYS = {
    "json": {"x-amzn-requestid"},
    "smithy-rpc-v2-cbor": {"x-amzn-requestid"},
    "query": {"x-amzn-requestid"},
    "rest-json": {"x-amzn-requestid"},
    "rest-xml": {"x-amz-request-id", "x-amz-id-2"},
}

# What every service may refuse with, and how: AWS's lists of common errors, and what its front says of signatures.
COMMON = {
    "json": {
        "AccessDeniedException": {400}, "ExpiredTokenException": {400, 403}, "IncompleteSignatureException": {400},
        "InternalFailure": {500}, "InvalidSignatureException": {400, 403}, "MissingAuthenticationTokenException": {400, 403},
        "OptInRequired": {403}, "RequestEntityTooLargeException": {413}, "RequestExpired": {400}, "RequestTimeout": {408, 504},
        "SerializationException": {400}, "ServiceUnavailable": {503}, "ThrottlingException": {400},
        "UnknownOperationException": {400, 404}, "UnrecognizedClientException": {400, 403}, "ValidationException": {400},
    },
    "rest-json": {
        "AccessDeniedException": {403}, "IncompleteSignatureException": {403}, "InternalFailure": {500},
        "InvalidSignatureException": {403}, "MissingAuthenticationTokenException": {403}, "RequestEntityTooLargeException": {413},
        "ServiceUnavailable": {503}, "ThrottlingException": {400, 429}, "UnknownOperationException": {403, 404},
        "UnrecognizedClientException": {403},
    },
    "query": {
        "AccessDenied": {400, 403}, "IncompleteSignature": {400}, "InternalFailure": {500}, "InvalidAction": {400},
        "InvalidClientTokenId": {403}, "InvalidParameterCombination": {400}, "InvalidParameterValue": {400},
        "InvalidQueryParameter": {400}, "MalformedQueryString": {400, 404}, "MissingAction": {400},
        "MissingAuthenticationToken": {403}, "MissingParameter": {400}, "OptInRequired": {403}, "RequestExpired": {400},
        "ServiceUnavailable": {503}, "SignatureDoesNotMatch": {403}, "Throttling": {400}, "ValidationError": {400},
    },
    # S3's own list; its models declare next to nothing.
    "rest-xml": {
        "AccessControlListNotSupported": {400}, "AccessDenied": {403}, "AuthorizationHeaderMalformed": {400},
        "AuthorizationQueryParametersError": {400}, "BadDigest": {400}, "BucketAlreadyExists": {409}, "BucketAlreadyOwnedByYou": {409},
        "BucketNotEmpty": {409}, "ConditionalRequestConflict": {409}, "EntityTooLarge": {400}, "EntityTooSmall": {400},
        "ExpiredToken": {400}, "IllegalLocationConstraintException": {400}, "IncompleteBody": {400}, "InternalError": {500},
        "InvalidAccessKeyId": {403}, "InvalidArgument": {400}, "InvalidBucketName": {400}, "InvalidDigest": {400}, "InvalidPart": {400},
        "InvalidPartOrder": {400}, "InvalidRange": {416}, "InvalidRequest": {400}, "InvalidURI": {400}, "KeyTooLongError": {400},
        "MalformedTrailerError": {400}, "MalformedXML": {400}, "MetadataTooLarge": {400}, "MethodNotAllowed": {405},
        "MissingContentLength": {411}, "NoSuchBucket": {404}, "NoSuchKey": {404}, "NoSuchUpload": {404}, "NotImplemented": {501},
        "OperationAborted": {409}, "PreconditionFailed": {412}, "RequestTimeTooSkewed": {403}, "RequestTimeout": {400},
        "ServiceUnavailable": {503}, "SignatureDoesNotMatch": {403}, "SlowDown": {503}, "XAmzContentSHA256Mismatch": {400},
        # AWS's disks are never full; other stores say it so.
        "InsufficientStorage": {507},
    },
}
COMMON["smithy-rpc-v2-cbor"] = COMMON["json"]

# What S3's errors say beside code and message.
S3_ERROR_MEMBERS = {"Code", "Message", "Resource", "RequestId", "HostId", "BucketName", "Key", "ArgumentName", "ArgumentValue", "Condition",
                    "RangeRequested", "ActualObjectSize", "Region", "UploadId", "PartNumber", "ETag", "Header", "Method", "ResourceType",
                    "MinSizeAllowed", "ProposedSize", "MaxSizeAllowed", "AWSAccessKeyId", "StringToSign", "StringToSignBytes",
                    "SignatureProvided", "CanonicalRequest", "CanonicalRequestBytes", "ExpectedDigest", "CalculatedDigest",
                    "ClientComputedContentSHA256", "S3ComputedContentSHA256", "RequestTime", "ServerTime", "MaxAllowedSkewMilliseconds",
                    "Expires", "X-Amz-Expires"}
# botocore does not look at the root, other programs do.
S3_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult", "ListObjects": "ListBucketResult", "ListObjectsV2": "ListBucketResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult", "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "ListParts": "ListPartsResult", "ListMultipartUploads": "ListMultipartUploadsResult", "DeleteObjects": "DeleteResult",
    "CopyObject": "CopyObjectResult", "UploadPartCopy": "CopyPartResult", "GetBucketLocation": "LocationConstraint",
    "GetBucketVersioning": "VersioningConfiguration", "GetObjectAttributes": "GetObjectAttributesResponse",
}


def answer_faults(http_response, model):
    """Of an answer that is no error."""
    return [*id_faults(http_response, model), *header_faults(http_response, model.output_shape, protocol_of(model)),
            *BODIES[protocol_of(model)](http_response, model)]


def error_faults(http_response, parsed, model):
    protocol = protocol_of(model)
    error, status = parsed.get("Error", {}), http_response.status_code
    if protocol == "rest-xml" and (model.http["method"] == "HEAD" or status == 304):
        return [*id_faults(http_response, model), *wordless_faults(http_response, error)]
    code = error.get("Code")
    shape = declared(model, code)
    faults = [*id_faults(http_response, model), *header_faults(http_response, shape, protocol, {"x-amzn-errortype", "x-amzn-query-error"}),
              *code_faults(model, code, status, shape), *ERRORS[protocol](http_response, error, shape, model)]
    if not isinstance(error.get("Message"), str) or not error["Message"]:
        faults.append("an error without a message")
    return faults


def protocol_of(model):
    """Older ones have one each."""
    service = model.service_model
    return getattr(service, "resolved_protocol", None) or service.metadata["protocol"]


# Ids and headers.


def id_faults(http_response, model):
    name = "x-amz-request-id" if protocol_of(model) == "rest-xml" else "x-amzn-RequestId"
    told = http_response.headers.get(name, "")
    if not REQUEST_ID.fullmatch(told):
        yield f"{name} is {told!r}, which is no request's id"


def header_faults(http_response, shape, protocol, also=()):
    members = shape.members.values() if shape is not None and protocol.startswith("rest") else ()
    known, prefixes = {*ALWAYS[protocol], *also}, []
    for member in members:
        place, name = member.serialization.get("location"), member.serialization.get("name", "").lower()
        if place == "header":
            known.add(name)
            told = http_response.headers.get(name)
            if told is not None and member.type_name == "timestamp" and not IMF_FIXDATE.fullmatch(told):
                yield f"the header {name} is {told!r}, which is no time of HTTP's"
        elif place == "headers":
            prefixes.append(name)
    for name in http_response.headers:
        lower = name.lower()
        if lower.startswith("x-amz") and lower not in known and not lower.startswith(tuple(prefixes)):
            yield f"the header {name} is not in the shape {shape.name if shape is not None else 'of an answer without one'}"


def type_faults(http_response, *wanted):
    told = http_response.headers.get("Content-Type", "").split(";")[0].strip()
    if told not in wanted:
        yield f"Content-Type is {told!r}, not {' or '.join(wanted)}"


# JSON and what has JSON's shape.


def unknown_members(shape, value, path, times=()):
    """What stands in the answer that its shape does not have; TIMES: what a time may be."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, each in value.items():
            if name not in names:
                yield f"{path}.{name} is not in the shape {shape.name}"
            elif each is None:
                yield f"{path}.{name} is null, and should not be there"
            else:
                yield from unknown_members(names[name], each, f"{path}.{name}", times)
    elif kind == "list" and isinstance(value, list):
        for at, each in enumerate(value):
            yield from unknown_members(shape.member, each, f"{path}[{at}]", times)
    elif kind == "map" and isinstance(value, dict):
        for key, each in value.items():
            yield from unknown_members(shape.value, each, f"{path}.{key}", times)
    elif kind == "timestamp" and times and (not isinstance(value, times) or isinstance(value, bool)):
        yield f"{path} is {value!r}, which is no time"
    elif kind in ("integer", "long", "float", "double") and isinstance(value, (str, bool)) and value not in ("NaN", "Infinity", "-Infinity"):
        yield f"{path} is {value!r}, which is no number"


def read_json(content):
    try:
        return json.loads(content), []
    except ValueError as error:
        return {}, [f"the body is no JSON: {error}"]


def json_type(model):
    return f"application/x-amz-json-{model.service_model.metadata['jsonVersion']}"


def json_faults(http_response, model):
    if model.output_shape is None:
        return ["a body where there is none"] if http_response.content not in (b"", b"{}") else []
    told, faults = read_json(http_response.content)
    return [*faults, *type_faults(http_response, json_type(model)), *unknown_members(model.output_shape, told, model.name, (int, float))]


def raw_cbor(content):
    """As botocore reads it, and nothing behind it."""
    parser = RpcV2CBORParser()
    stream = parser.get_peekable_stream_from_bytes(content)
    try:
        value = parser.parse_data_item(stream)
    except Exception as error:
        return {}, [f"the body is no CBOR: {error}"]
    return value, ["there is more behind the body's CBOR"] if stream.read(1) else []


def cbor_head_faults(http_response):
    yield from type_faults(http_response, "application/cbor")
    if http_response.headers.get("smithy-protocol") != "rpc-v2-cbor":
        yield "smithy-protocol is not rpc-v2-cbor"


def cbor_faults(http_response, model):
    if model.output_shape is None:
        return ["a body where there is none"] if http_response.content not in (b"", b"\xa0", b"\xbf\xff") else []
    told, faults = raw_cbor(http_response.content)
    return [*faults, *cbor_head_faults(http_response), *unknown_members(model.output_shape, told, model.name, (datetime.datetime,))]


def rest_json_faults(http_response, model):
    shape = model.output_shape
    if shape is None:
        return ["a body where there is none"] if http_response.content else []
    payload = shape.serialization.get("payload")
    if payload is None:
        told, faults = read_json(http_response.content)
        return [*faults, *unknown_members(shape, told, model.name, (int, float))]
    body = shape.members[payload]
    if body.serialization.get("eventstream"):
        return type_faults(http_response, "application/vnd.amazon.eventstream")
    return []


# XML.


def local(node):
    return node.tag.rsplit("}", 1)[-1]


def read_xml(http_response, root, space):
    try:
        node = ElementTree.fromstring(http_response.content)
    except ElementTree.ParseError as error:
        return None, [f"the body is no XML: {error}"]
    wanted = f"{{{space}}}{root}" if space else root
    return node, [] if node.tag == wanted else [f"the root is {node.tag}, not {wanted}"]


def key_of(name, member):
    if member.type_name == "list" and member.serialization.get("flattened"):
        return member.member.serialization.get("name") or member.serialization.get("name") or name
    return member.serialization.get("name", name)


def unknown_elements(shape, node, path):
    kind, text = shape.type_name, node.text or ""
    if kind == "structure":
        yield from unknown_children(shape, node, path)
    elif kind == "list":
        name = shape.member.serialization.get("name", "member")
        for at, child in enumerate(node):
            if local(child) != name:
                yield f"{path} has {local(child)} where its entries are {name}"
            yield from unknown_elements(shape.member, child, f"{path}[{at}]")
    elif kind == "map":
        names = {shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")}
        for entry in node:
            if local(entry) != "entry" or {local(child) for child in entry} != names:
                yield f"{path} has an entry of another form"
    elif len(node):
        yield f"{path} has {local(node[0])}, and is a {kind}"
    elif kind == "timestamp" and not ISO8601.fullmatch(text):
        yield f"{path} is {text!r}, which is no time"
    elif kind == "boolean" and text not in ("true", "false"):
        yield f"{path} is {text!r}, neither true nor false"
    elif kind in ("integer", "long") and not re.fullmatch(r"-?\d+", text):
        yield f"{path} is {text!r}, which is no number"


def unknown_children(shape, node, path):
    names = {key_of(name, member): member for name, member in shape.members.items()
             if not member.serialization.get("location") and not member.serialization.get("xmlAttribute")}
    seen = set()
    for child in node:
        name = local(child)
        member = names.get(name)
        if member is None:
            yield f"{path}.{name} is not in the shape {shape.name}"
            continue
        flat = member.type_name == "list" and member.serialization.get("flattened")
        if name in seen and not flat:
            yield f"{path}.{name} is there more than once"
        seen.add(name)
        yield from unknown_elements(member.member if flat else member, child, f"{path}.{name}")


def query_faults(http_response, model):
    space = model.service_model.metadata.get("xmlNamespace")
    root, faults = read_xml(http_response, f"{model.name}Response", space)
    faults += type_faults(http_response, "text/xml")
    if root is None:
        return faults
    children = {local(child): child for child in root}
    shape = model.output_shape
    wrapper = shape.serialization.get("resultWrapper", f"{model.name}Result") if shape is not None else None
    faults += [f"{name} is in the answer, and no part of the form" for name in children if name not in (wrapper, "ResponseMetadata")]
    if shape is not None:
        if wrapper not in children:
            faults.append(f"there is no {wrapper}")
        else:
            faults += unknown_elements(shape, children[wrapper], model.name)
    told = [child.text for child in children.get("ResponseMetadata", ()) if local(child) == "RequestId"]
    if told != [http_response.headers.get("x-amzn-RequestId")]:
        faults.append("RequestId in the body is not that of the header")
    return faults


def rest_xml_faults(http_response, model):
    shape = model.output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is not None and shape.members[payload].type_name in ("blob", "string"):
        return []
    body = shape.members[payload] if payload is not None else shape
    has_body = body is not None and any(not each.serialization.get("location") for each in body.members.values())
    if not has_body:
        return ["a body where there is none"] if http_response.content else []
    root, faults = read_xml(http_response, S3_ROOTS.get(model.name, model.name), S3_SPACE)
    faults += type_faults(http_response, "application/xml")
    if root is None:
        return faults
    # Here the root is the one member.
    body = body.members["LocationConstraint"] if model.name == "GetBucketLocation" else body
    return faults + [*unknown_elements(body, root, model.name)]


# Errors.


def declared(model, code):
    """The shape of an error that the operation declares, by either of its names."""
    for shape in model.error_shapes:
        if code in (shape.error_code, shape.name):
            return shape
    return None


def code_faults(model, code, status, shape):
    if not code:
        yield "an error without a code"
        return
    wanted = (shape.metadata.get("error") or {}).get("httpStatusCode") if shape is not None else None
    common = COMMON["query" if queried(model) else protocol_of(model)]
    if wanted is not None and status != wanted:
        yield f"{code} with the status {status}, not {wanted}"
    elif shape is None and code not in common:
        yield f"{code} is no error that {model.name} declares, and none that all have"
    elif shape is None and status not in (allowed := statuses(model, common[code])):
        yield f"{code} with the status {status}, not {' or '.join(map(str, sorted(allowed)))}"
    elif not 400 <= status < 600:
        yield f"{code} with the status {status}"


def statuses(model, of_query):
    """JSON and CBOR answer what is common to all with 400, also where the code is told in its query form."""
    return {*of_query, 400} if queried(model) and protocol_of(model) != "query" else {*of_query}


def queried(model):
    """Whether botocore tells the code that the query form has."""
    return protocol_of(model) == "query" or "awsQueryCompatible" in model.service_model.metadata


def error_members(shape, told, extra):
    names = {"message", "Message", *extra}
    told = {name: each for name, each in told.items() if name not in names}
    if shape is None:
        return [f"{name} is in an error that has no members" for name in told]
    return unknown_members(shape, told, shape.name, (int, float))


def rpc_error_faults(http_response, told, error, shape, model):
    """What JSON and CBOR have in common."""
    faults = [*error_members(shape, told, ["__type"])]
    kind, head = str(told.get("__type", "")).rsplit("#", 1)[-1], http_response.headers
    if head.get("x-amzn-ErrorType", kind) != kind:
        faults.append(f"x-amzn-ErrorType is {head['x-amzn-ErrorType']!r}, __type {kind!r}")
    if not queried(model):
        return faults + ([f"__type is {kind!r}, the code {error['Code']!r}"] if kind != error["Code"] else [])
    if shape is None and kind not in COMMON["json"] or shape is not None and kind != shape.name:
        faults.append(f"__type is {kind!r} of what {error['Code']} is in the query form")
    side = "Receiver" if http_response.status_code >= 500 else "Sender"
    if head.get("x-amzn-query-error") != f"{error['Code']};{side}":
        faults.append(f"x-amzn-query-error is {head.get('x-amzn-query-error')!r}, not {error['Code']};{side}")
    return faults


def json_error_faults(http_response, error, shape, model):
    told, faults = read_json(http_response.content)
    return [*faults, *type_faults(http_response, json_type(model)), *rpc_error_faults(http_response, told, error, shape, model)]


def cbor_error_faults(http_response, error, shape, model):
    told, faults = raw_cbor(http_response.content)
    return [*faults, *cbor_head_faults(http_response), *rpc_error_faults(http_response, told, error, shape, model)]


def rest_json_error_faults(http_response, error, shape, model):
    told, faults = read_json(http_response.content)
    # A member of ModelError that its shape has not, and that SageMaker sends with it.
    extra = ["ErrorCode"] if error.get("Code") == "ModelError" else []
    faults += [*type_faults(http_response, "application/json"), *error_members(shape, told, ["__type", "code", *extra])]
    if http_response.headers.get("x-amzn-ErrorType", "").split(":")[0] != error.get("Code"):
        faults.append("x-amzn-ErrorType is not the error's code")
    return faults


def query_error_faults(http_response, error, shape, model):
    root, faults = read_xml(http_response, "ErrorResponse", model.service_model.metadata.get("xmlNamespace"))
    faults += type_faults(http_response, "text/xml")
    if root is None:
        return faults
    names = [local(child) for child in root]
    if names != ["Error", "RequestId"]:
        faults.append(f"an error has {', '.join(names)}, not Error and RequestId")
    else:
        members = {local(child): child.text for child in root[0]}
        side = "Receiver" if http_response.status_code >= 500 else "Sender"
        if members.get("Type") != side:
            faults.append(f"its Type is {members.get('Type')!r}, not {side}")
        faults += error_members(shape, members, ["Type", "Code", "Detail"])
        if root[1].text != http_response.headers.get("x-amzn-RequestId"):
            faults.append("RequestId in the body is not that of the header")
    return faults


def s3_error_faults(http_response, error, shape, model):
    root, faults = read_xml(http_response, "Error", "")
    faults += type_faults(http_response, "application/xml")
    if root is None:
        return faults
    members = {local(child): child.text for child in root}
    known = {*S3_ERROR_MEMBERS, *(shape.members if shape is not None else ())}
    faults += [f"{name} is no member of S3's errors" for name in members if name not in known]
    if members.get("RequestId") != http_response.headers.get("x-amz-request-id"):
        faults.append("RequestId in the body is not that of the header")
    return faults


def wordless_faults(http_response, error):
    """What answers HEAD, and 304, has a status alone."""
    if http_response.content:
        yield "a body where there is none"
    if error.get("Code") != str(http_response.status_code):
        yield f"its code is {error.get('Code')!r}, not its status"
    if http_response.status_code not in {304} | {status for each in COMMON["rest-xml"].values() for status in each}:
        yield f"the status {http_response.status_code} is none of S3's"


BODIES = {"json": json_faults, "smithy-rpc-v2-cbor": cbor_faults, "rest-json": rest_json_faults, "query": query_faults,
          "rest-xml": rest_xml_faults}
ERRORS = {"json": json_error_faults, "smithy-rpc-v2-cbor": cbor_error_faults, "rest-json": rest_json_error_faults,
          "query": query_error_faults, "rest-xml": s3_error_faults}
