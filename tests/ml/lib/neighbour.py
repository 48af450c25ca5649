"""Who asks an endpoint again and again from a process of its own, so that what is measured is not this program's own work.

From start() to stop(); `times` are seconds by answer, `failures` what was no 200 with the body that is wanted."""
import base64
import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from lib.waits import eventually

PAUSE_S = 0.02
# A signature is good for fifteen minutes.
SIGNED_FOR_S = 300


class Neighbour:
    def __init__(self, credentials, url, endpoint, body, wanted):
        self.given = credentials, f"{url}/endpoints/{endpoint}/invocations", body.encode()
        self.wanted = wanted
        self.times, self.failures = [], []
        self.end = threading.Event()

    def signed(self):
        credentials, url, body = self.given
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "text/csv"})
        SigV4Auth(credentials, "sagemaker", "us-east-1").add_auth(request)
        return json.dumps({"url": url, "headers": dict(request.headers), "body": base64.b64encode(body).decode()}) + "\n"

    def sign(self):
        while True:
            self.process.stdin.write(self.signed())
            self.process.stdin.flush()
            if self.end.wait(SIGNED_FOR_S):
                self.process.stdin.close()
                return

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if told.get("status") == 200 and base64.b64decode(told["body"]) == self.wanted:
                self.times.append(told["seconds"])
            else:
                self.failures.append(told)

    def start(self):
        self.process = subprocess.Popen([sys.executable, "-m", "lib.neighbour"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        cwd=Path(__file__).resolve().parents[1])
        self.threads = [threading.Thread(target=each) for each in (self.sign, self.read)]
        for each in self.threads:
            each.start()
        eventually("the one beside is answered", lambda: self.times or self.failures, 60)

    def stop(self):
        self.end.set()
        for each in self.threads:
            each.join()
        self.process.stdout.close()
        if self.process.wait() != 0:
            self.failures.append(f"it ended with {self.process.returncode}")


def main():
    """A line of JSON is what to ask from now on; the end of the input ends it."""
    now, ended = {}, threading.Event()

    def take():
        for line in sys.stdin:
            now["request"] = json.loads(line)
        ended.set()

    threading.Thread(target=take).start()
    connection = None
    while not ended.wait(PAUSE_S):
        if "request" not in now:
            continue
        request, began = now["request"], time.monotonic()
        try:
            address = urllib.parse.urlsplit(request["url"])
            if connection is None:
                connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
            connection.request("POST", address.path, base64.b64decode(request["body"]), request["headers"])
            answer = connection.getresponse()
            body = answer.read()
            told = {"seconds": time.monotonic() - began, "status": answer.status, "body": base64.b64encode(body).decode()}
        except (OSError, http.client.HTTPException) as error:
            connection, told = None, {"error": repr(error)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
