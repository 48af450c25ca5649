"""Answers requests with the user's functions, one after the other in the main thread, as each worker of SageMaker's
containers does. While one is being answered the others wait; more of them at once are more instances."""
import collections
import traceback

from weft_script import answer, frames, handler, limits, tensors


class ScriptServer:
    def __init__(self, host, signature, links, watch):
        self.host = host
        self.signature = signature
        self.links = links
        self.watch = watch
        self.waiting = collections.OrderedDict()
        self.waiting_bytes = 0
        self.running = None
        self.cancelled = False

    def run(self):
        """Until the hub closes its links, or SIGTERM came and nothing is left to answer."""
        ending = False
        while self.links.any_open():
            # Asked to end, it looks once more for what came before.
            self.look(0 if self.waiting or self.watch.stop else None)
            if not self.waiting:
                if ending:
                    break
                ending = self.watch.stop
                continue
            self.answer_first()
        self.links.flush()

    def look(self, seconds):
        room = len(self.waiting) < limits.WAITING_MAX and self.waiting_bytes < limits.WAITING_BYTES_MAX
        self.links.wait(seconds, reads=room)
        for link, frame in self.links.frames():
            self.take(link, frame)

    def take(self, link, frame):
        key = (link, frame.id)
        if frame.kind == frames.CANCEL:
            if key == self.running:
                self.cancelled = True
            gone = self.waiting.pop(key, None)
            self.waiting_bytes -= frames.size_of(gone) if gone else 0
        elif frame.kind == frames.PING:
            link.add(frames.Frame(frames.PONG))
            link.send()
        elif frame.kind in (frames.INVOKE, frames.INFER):
            self.waiting[key] = frame
            self.waiting_bytes += frames.size_of(frame)

    def answer_first(self):
        key, frame = self.waiting.popitem(last=False)
        self.waiting_bytes -= frames.size_of(frame)
        self.running, self.cancelled = key, False
        link = key[0]
        given = self.answer(frame)
        try:
            if given.pieces is not None:
                given = self.send_pieces(link, frame.id, given)
        finally:
            self.running = None
        if not self.cancelled:
            link.add(reply_of(frame.id, given))
            link.send()

    def answer(self, frame):
        try:
            if frame.kind == frames.INFER:
                return self.infer(frame)
            given, accept = self.host.transform(frame.body, text(frame.type), text(frame.accept), text(frame.attributes))
            return answer.answer_of(given, accept, self.host.context)
        except (Exception, SystemExit) as error:
            return refusal_of(error)

    def infer(self, frame):
        if self.host.transform_fn:
            return answer.refusal(415, "this model's script has a transform_fn, which takes bodies, not tensors: ask it by "
                                       "/invocations")
        document, inputs = tensors.read_request(frame.body, frame.accept)
        data = next(iter(inputs.values())) if len(inputs) == 1 else inputs
        self.host.context.begin({"Content-Type": text(frame.type)})
        declared = self.signature.get("outputs", [])
        outputs = tensors.named_outputs(self.host.predict(data), declared)
        body, json_bytes = tensors.write_response(document, outputs, declared)
        kind = "application/octet-stream" if json_bytes else "application/json"
        return answer.Answer(200, kind, json_bytes, body)

    def send_pieces(self, link, number, given):
        """What a generator gives as it gives it, until nobody wants it any more; the reply behind it."""
        try:
            for piece in given.pieces:
                for at in range(0, len(piece), limits.PIECE_BYTES):
                    link.add(frames.Frame(frames.PART, number, given.status, given.type.encode(), b"",
                                          given.attributes.encode(), piece[at:at + limits.PIECE_BYTES]))
                link.send()
                self.look(0)
                while link.open and link.full() and not self.cancelled:
                    self.look(None)
                if self.cancelled or not link.open:
                    self.cancelled = True
                    break
        except (Exception, SystemExit) as error:
            return refusal_of(error)
        finally:
            close = getattr(given.pieces, "close", None)
            if close:
                close()
        return answer.Answer(given.status, given.type, given.attributes)


def text(data):
    return data.decode("utf-8", "replace")


def refusal_of(error):
    status, message = handler.status_and_message(error)
    if status >= 500:
        traceback.print_exception(error)
    return answer.refusal(status, message)


def reply_of(number, given):
    frame = frames.Frame(frames.REPLY, number, given.status, given.type.encode("utf-8", "replace"), b"",
                         given.attributes.encode("utf-8", "replace"), given.body)
    if frames.size_of(frame) <= limits.FRAME_BYTES_MAX:
        return frame
    return frames.Frame(frames.REPLY, number, 500, b"text/plain", b"", b"",
                        f"the answer has {len(given.body)} bytes, at most {limits.FRAME_BYTES_MAX} can be given at once: "
                        "let output_fn be a generator".encode())
