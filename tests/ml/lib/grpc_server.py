"""A gRPC server of the Open Inference Protocol made of Triton's own stubs, which answers what a test tells it to."""
import concurrent.futures

import grpc
from tritonclient.grpc import service_pb2 as messages
from tritonclient.grpc import service_pb2_grpc

MIB = 1 << 20
MLSERVERS_INDEX = "/inference.model_repository.ModelRepositoryService/RepositoryIndex"


def tensor(message, name, datatype, shape):
    message.name, message.datatype = name, datatype
    message.shape.extend(shape)
    return message


class Told(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Models by name: a function of (request, context) that gives a ModelInferResponse; signatures beside them."""

    def __init__(self):
        self.models = {}
        self.signatures = {}
        self.metadata = []
        self.left = []
        self.has_index = True

    def model(self, name, answer, inputs=(("x", "FP32", (-1,)),), outputs=(("y", "FP32", (-1,)),)):
        self.models[name], self.signatures[name] = answer, (inputs, outputs)

    def seen(self, context):
        self.metadata.append(dict(context.invocation_metadata()))
        self.left.append(context.time_remaining())

    def ServerLive(self, request, context):
        return messages.ServerLiveResponse(live=True)

    def ServerReady(self, request, context):
        return messages.ServerReadyResponse(ready=True)

    def ServerMetadata(self, request, context):
        self.seen(context)
        return messages.ServerMetadataResponse(name="told", version="1")

    def ModelReady(self, request, context):
        return messages.ModelReadyResponse(ready=request.name in self.models)

    def ModelMetadata(self, request, context):
        self.seen(context)
        if request.name not in self.models:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no {request.name}")
        out = messages.ModelMetadataResponse(name=request.name, versions=["1"], platform="told")
        inputs, outputs = self.signatures[request.name]
        for one in inputs:
            tensor(out.inputs.add(), *one)
        for one in outputs:
            tensor(out.outputs.add(), *one)
        return out

    def RepositoryIndex(self, request, context):
        self.seen(context)
        if not self.has_index:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not implemented!")
        return self.index()

    def index(self):
        out = messages.RepositoryIndexResponse()
        for name in self.models:
            out.models.add(name=name, version="1", state="READY")
        return out

    def ModelInfer(self, request, context):
        self.seen(context)
        return self.models[request.model_name](request, context)


class MlServersIndex(grpc.GenericRpcHandler):
    """The index where MLServer has it: a service of its own, with the same messages."""

    def __init__(self, told):
        self.told = told

    def service(self, details):
        if details.method != MLSERVERS_INDEX:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.told.index(),
                                                   messages.RepositoryIndexRequest.FromString,
                                                   messages.RepositoryIndexResponse.SerializeToString)


class Infer(grpc.GenericRpcHandler):
    """ModelInfer, whose answers may be bytes that are no message at all."""

    def __init__(self, told):
        self.told = told

    def service(self, details):
        if details.method != "/inference.GRPCInferenceService/ModelInfer":
            return None
        return grpc.unary_unary_rpc_method_handler(self.told.ModelInfer, messages.ModelInferRequest.FromString,
                                                   lambda answer: answer if isinstance(answer, bytes) else answer.SerializeToString())


class Handlers:
    """Takes what Triton's stubs would add to a server, where it comes after Infer."""

    def add_generic_rpc_handlers(self, handlers):
        self.all = handlers

    def add_registered_method_handlers(self, service, handlers):
        pass


class Server:
    """Told, listening on a free port of this machine; with `pem` (key, certificate) by TLS."""

    def __init__(self, told, pem=None, handlers=()):
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), options=[
            ("grpc.max_receive_message_length", 256 * MIB), ("grpc.max_send_message_length", 256 * MIB)])
        stubs = Handlers()
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(told, stubs)
        self.server.add_generic_rpc_handlers((Infer(told), *stubs.all, *handlers))
        if pem:
            self.port = self.server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pem]))
        else:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()
        self.url = f"{'grpcs' if pem else 'grpc'}://127.0.0.1:{self.port}"

    def stop(self):
        self.server.stop(0).wait()
