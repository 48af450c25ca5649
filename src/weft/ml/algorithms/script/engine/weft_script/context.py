"""One request as a user's function sees it when it takes a `context`: the part of multi-model-server's and TorchServe's
that scripts use."""

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class RequestProcessor:
    def __init__(self, headers):
        self.headers = headers

    def get_request_properties(self):
        return self.headers

    def get_request_property(self, name):
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


class Context:
    def __init__(self, model_dir):
        self.system_properties = {"model_dir": model_dir, "gpu_id": None, "batch_size": 1, "server_name": "weft",
                                  "server_version": "1"}
        self.manifest = {}
        self.begin({})

    def begin(self, headers):
        """Another request."""
        self.request_processor = [RequestProcessor(headers)]
        self.status = None
        self.phrase = ""
        self.content_type = None
        self.response_headers = {}

    def get_request_header(self, index, name):
        return self.request_processor[index].get_request_property(name)

    def get_all_request_header(self, index):
        return self.request_processor[index].get_request_properties()

    def set_response_status(self, code=200, phrase="", idx=0):
        self.status, self.phrase = code, phrase

    def set_response_content_type(self, index, value):
        self.content_type = value

    def set_response_header(self, index, name, value):
        self.response_headers[name.lower()] = value
