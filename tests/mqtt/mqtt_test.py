"""What listens behind an MQTT broker as a solution: a real mosquitto, answered through its own clients, called through the hub."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
from harness import Hub, Lines, eventually, free_port  # noqa: E402
from broker import Broker, Vehicles, at_once, until_said  # noqa: E402

SKILLS = """
        ride:
          description: Calls a taxi
          input: {type: object, required: [do], properties: {do: {type: string}, to: {type: string}}}
          request: city/taxi/ride
          reply: city/replies/{client}
          cancel: city/taxi/cancel
          state: {property: status}
          text: message
          first_reply: 3s
          idle: 2s
        check:
          request: city/taxi/check
          input: {type: object, required: [do], properties: {do: {type: string}}}
          output: {type: object}
          state: {field: status, working: [busy], failed: [bad], asks: []}
          effects: {read_only: true}
        tell:
          input: {type: object, required: [room], properties: {room: {type: string}, words: {type: string}}}
          request: city/tell/{room}
          reply: none
        nobody:
          request: city/nobody/here
        locate:
          kind: telemetry
          topic: city/position/{vehicle}
          first_reply: 1500ms
        follow:
          kind: telemetry
          topic: city/position/{vehicle}
          read: stream
          until: {field: status, in: [arrived]}
"""


# Of mosquitto's own: who may subscribe to what.
PLUGIN = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"), None)


def config(port, more=""):
    return f"solutions:\n  - name: taxi\n    url: mqtt://127.0.0.1:{port}\n{more}    mqtt:\n      title: City taxi\n      skills:{SKILLS}"


class World(unittest.TestCase):
    """Folder and hub of one test, gone when it is over."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weft-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, text=None, **more):
        self.hub = Hub(self.folder, config=text, **more)
        self.addCleanup(self.hub.stop)
        return self.hub

    def broker(self, *lines, **more):
        made = Broker(*lines, **more)
        self.addCleanup(made.end)
        return made

    def vehicles(self, broker):
        made = Vehicles(broker)
        self.addCleanup(made.end)
        return made


def events(hub, skill, args=None):
    """What a call through the admin API tells, as (kind, event)."""
    status, _, text = hub.ask("POST", "/admin/v1/call", {"solution": "taxi", "skill": skill, "args": args or {}})
    if status != 200:
        raise AssertionError(text)
    found = re.findall(r"event: (\S+)\n(?:id: .*\n)?data: (.*)\n", text)
    return [(name, json.loads(data)) for name, data in found]


class Behind(World):
    """One broker, its vehicles and a hub for all tests of the class."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Broker()
        cls.cars = Vehicles(cls.shared)
        cls.place = tempfile.mkdtemp(prefix="weft-cli-")
        cls.hub = Hub(cls.place, config=config(cls.shared.port))
        cls.hub.has_joined("taxi")

    @classmethod
    def tearDownClass(cls):
        cls.hub.stop()
        cls.cars.end()
        cls.shared.end()
        shutil.rmtree(cls.place, ignore_errors=True)

    def setUp(self):
        super().setUp()
        self.cars.heard.clear()

    def end(self, skill, args=None):
        name, event = events(self.hub, skill, args)[-1]
        self.assertEqual(name, "end", event)
        return event

    def output(self, skill, args=None):
        event = self.end(skill, args)
        self.assertIn("output", event, event)
        return event["output"]

    def error(self, skill, args=None):
        event = self.end(skill, args)
        self.assertIn("error", event, event)
        return event["error"]

    def cancel_of(self, request):
        """The properties of the cancel that names this request; one of an earlier test may still come."""
        mine = request["properties"]["correlation-data"]
        return eventually("it is cancelled", lambda: next((m["properties"] for m in self.cars.messages("city/taxi/cancel")
                                                           if m["properties"]["correlation-data"] == mine), None))

    def test_a_request_and_its_reply(self):
        self.assertEqual(self.output("ride", {"do": "ride", "to": "Jing'an"})["data"], {"vehicle": "car-7"})
        sent = self.cars.messages("city/taxi/ride")
        self.assertEqual(len(sent), 1)
        self.assertEqual(json.loads(sent[0]["payload"]), {"do": "ride", "to": "Jing'an"})
        told = sent[0]["properties"]
        self.assertEqual(told["content-type"], "application/json")
        self.assertTrue(0 < told["message-expiry-interval"] <= 3, told)
        self.assertRegex(told["response-topic"], r"^city/replies/weft-[0-9a-f]+$")
        self.assertEqual(told["user-properties"]["weft-depth"], "1")
        self.assertNotIn(told["correlation-data"], [m["properties"]["correlation-data"] for m in self.cars.messages("city/taxi/cancel")])

    def test_several_replies_of_work_and_then_the_last(self):
        told = events(self.hub, "ride", {"do": "progress"})
        states = [event for name, event in told if name == "state"]
        notes = [[part.get("text") or part.get("data") for part in state["note"]] for state in states]
        self.assertEqual(notes, [["looking for a car", {"near": 3}], ["car 7 takes it"]], told)
        self.assertEqual(told[-1][1]["output"]["data"]["vehicle"], "car-7")
        called = self.hub.run("call", "taxi/ride", "do=progress", "--stream")
        self.assertEqual(called.returncode, 0, called.stderr)
        self.assertIn("… looking for a car", called.stderr)
        self.assertIn("car 7 is there", called.stdout)

    def test_a_state_in_the_payload(self):
        told = events(self.hub, "check", {"do": "busy"})
        self.assertEqual([e["note"][0]["data"] for n, e in told if n == "state"], [{"step": 1}], told)
        self.assertEqual(told[-1][1]["output"]["data"], {"status": "ok", "step": 2})

    def test_a_failure_in_the_solutions_own_words(self):
        for do, reason, words in (("fail", "solution_failed", "no car is free tonight"), ("reject", "refused", "we do not drive there"),
                                  ("limit", "rate_limited", "one ride at a time")):
            error = self.error("ride", {"do": do})
            self.assertEqual(error["reason"], reason, error)
            self.assertIn(words, error["message"])
        asked = {m["properties"]["correlation-data"] for m in self.cars.messages("city/taxi/ride")}
        self.assertEqual([m for m in self.cars.messages("city/taxi/cancel") if m["properties"]["correlation-data"] in asked], [])

    def test_a_question_that_came_twice_is_asked_and_answered_once(self):
        called = self.hub.run("call", "taxi/ride", "do=ask", "--json")
        self.assertEqual(called.returncode, 4, called.stdout + called.stderr)
        task = json.loads(called.stdout)
        self.assertEqual([item["message"] for item in task["ask"]["items"].values()], ["Which door?"])
        answered = self.hub.run("task", "answer", task["id"], "the north door", "--json")
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertEqual(json.loads(answered.stdout)["end"]["output"]["data"], {"answer": "accept", "door": "the north door"})
        sent = self.cars.messages("city/taxi/ride")
        self.assertEqual(len(sent), 2, sent)
        first, second = (message["properties"] for message in sent)
        self.assertEqual(first["correlation-data"], second["correlation-data"])
        self.assertEqual((sent[1]["payload"], second["content-type"]), ("the north door", "text/plain"))

    def test_no_reply_is_a_deadline_and_a_cancel(self):
        error = self.error("ride", {"do": "silent"})
        self.assertEqual(error["reason"], "deadline")
        self.assertIn("no reply came within 3 s to the request on `city/taxi/ride`", error["message"])
        cancel = self.cancel_of(self.cars.messages("city/taxi/ride")[0])
        self.assertEqual(cancel["user-properties"]["reason"], "deadline")

    def test_no_further_reply(self):
        self.output("ride", {"do": "ride"})
        error = self.error("ride", {"do": "stall"})
        self.assertEqual(error["reason"], "deadline")
        self.assertIn("no further reply came within 2 s", error["message"])

    def test_two_calls_answered_in_reverse_order(self):
        self.cars.held.clear()
        threads, told = at_once(*[lambda n=n: self.output("ride", {"do": "hold", "to": str(n)}) for n in range(2)])
        eventually("both are held", lambda: len(self.cars.held) == 2)
        for message in reversed(sorted(self.cars.held, key=lambda m: m["payload"])):
            self.cars.reply(message, {"to": json.loads(message["payload"])["to"]})
        for thread in threads:
            thread.join()
        self.assertEqual([output["data"]["to"] for output in told], ["0", "1"])

    def test_a_cancelled_call_says_so(self):
        self.cars.held.clear()
        call = self.hub.begin("call", "taxi/ride", "do=hold")
        try:
            eventually("it is held", lambda: self.cars.held)
        finally:
            call.kill()
            call.communicate()
        cancel = self.cancel_of(self.cars.held[0])
        self.assertEqual(cancel["user-properties"]["reason"], "cancelled")
        self.assertNotIn("response-topic", cancel)

    def test_strangers_and_second_replies_are_dropped(self):
        self.assertEqual(self.output("ride", {"do": "twice"})["data"], {"vehicle": "car-7"})
        self.assertEqual(self.output("ride", {"do": "ride"})["data"], {"vehicle": "car-7"})

    def test_what_is_no_json(self):
        self.assertEqual(self.output("ride", {"do": "words"})["turns"][0]["parts"][0]["text"], "on its way")
        error = self.error("ride", {"do": "broken"})
        self.assertEqual(error["reason"], "upstream_protocol")
        self.assertIn("says that it is application/json and is none", error["message"])
        self.assertEqual(self.output("ride", {"do": "bytes"})["artifacts"][0]["name"], "payload")
        error = self.error("check", {"do": "words"})
        self.assertEqual(error["reason"], "upstream_protocol")
        self.assertIn("its answer is no JSON: on its way", error["message"])

    def test_a_payload_larger_than_announced_is_not_sent(self):
        self.assertEqual(self.error("ride", {"do": "big"})["reason"], "deadline")
        self.assertEqual(self.output("ride", {"do": "ride"})["data"], {"vehicle": "car-7"}, "the connection lives")

    def test_a_message_without_a_reply(self):
        self.assertEqual(self.output("tell", {"room": "lobby", "words": "hello"})["turns"][0]["parts"][0]["text"], "accepted")
        sent = until_said(self.cars, "city/tell/lobby")[0]
        self.assertEqual(json.loads(sent["payload"])["words"], "hello")
        self.assertNotIn("response-topic", sent["properties"])

    def test_nobody_listens(self):
        # Three in a row that are not answered count as down.
        self.output("ride", {"do": "ride"})
        error = self.error("nobody")
        self.assertEqual(error["reason"], "unavailable")
        self.assertIn("nobody listens to `city/nobody/here`", error["message"])

    def test_a_value_is_one_level_of_a_topic(self):
        for room in ("a/b", "+", "#", "a+", "$SYS", "../x/", "a\0b", "", "a\nb", "x" * 300):
            error = self.error("tell", {"room": room})
            self.assertEqual((error["reason"], error["param"]), ("invalid_argument", "/room"), error)
        self.assertEqual([m for m in self.cars.heard if m["topic"].startswith("city/tell")], [])
        self.assertEqual(self.error("locate", {"vehicle": "#"})["reason"], "invalid_argument")

    def test_the_last_position_is_read(self):
        self.shared.say("city/position/car-7", {"lat": 31.23, "lon": 121.44}, retain=True)
        self.assertEqual(self.output("locate", {"vehicle": "car-7"})["data"], {"lat": 31.23, "lon": 121.44})
        error = self.error("locate", {"vehicle": "car-8"})
        self.assertEqual(error["reason"], "deadline")
        self.assertIn("nothing came on `city/position/car-8` within 1500 ms", error["message"])

    def test_positions_stream_until_it_arrived(self):
        self.shared.say("city/position/car-9", {"at": 0}, retain=True)
        threads, told = at_once(lambda: events(self.hub, "follow", {"vehicle": "car-9"}), lambda: events(self.hub, "follow", {"vehicle": "car-9"}))
        # Each goes on as long as it needs to be heard: both have begun once both heard of a 1.
        time.sleep(1)
        for at in (1, 2):
            self.shared.say("city/position/car-9", {"at": at})
        self.shared.say("city/position/car-9", {"at": 3, "status": "arrived"})
        for thread in threads:
            thread.join()
        for each in told:
            self.assertEqual([e["note"][0]["data"]["at"] for n, e in each if n == "state"], [0, 1, 2], each)
            self.assertEqual(each[-1][1]["output"]["data"], {"at": 3, "status": "arrived"})

    def test_many_calls_at_once(self):
        threads, told = at_once(*[lambda: self.output("ride", {"do": "ride"}) for _ in range(12)])
        for thread in threads:
            thread.join()
        self.assertEqual([output["data"] for output in told], [{"vehicle": "car-7"}] * 12)

    def test_it_is_shown(self):
        shown = json.loads(self.hub.run("show", "taxi", "--json").stdout)
        self.assertEqual((shown["title"], shown["protocol"], shown["protocol_version"], shown["kind"]), ("City taxi", "mqtt", "5.0", "device"))
        skills = {skill["id"]: skill for skill in shown["skills"]}
        self.assertEqual(sorted(skills), ["check", "follow", "locate", "nobody", "ride", "tell"])
        self.assertTrue(skills["locate"]["effects"]["read_only"])
        self.assertEqual(skills["locate"]["input_schema"]["required"], ["vehicle"])


class Coming(World):
    def test_a_broker_that_comes_back_in_the_middle_of_a_call(self):
        broker = self.broker()
        cars = self.vehicles(broker)
        hub = self.start(config(broker.port).replace("first_reply: 3s", "first_reply: 20s"))
        hub.has_joined("taxi")
        threads, told = at_once(lambda: events(hub, "ride", {"do": "hold"}))
        eventually("it is held", lambda: cars.held)
        broker.kill()
        cars.end()
        refused = events(hub, "ride", {"do": "ride"})[-1][1]["error"]
        self.assertEqual(refused["reason"], "unavailable", refused)
        broker.start()
        cars.start()
        eventually("weft is back", lambda: "output" in events(hub, "ride", {"do": "ride"})[-1][1])
        cars.reply(cars.held[0], {"vehicle": "car-1"})
        threads[0].join()
        self.assertEqual(told[0][-1][1]["output"]["data"], {"vehicle": "car-1"})
        self.assertEqual(len(cars.held), 1, "nothing was published twice")

    @unittest.skipUnless(PLUGIN, "mosquitto has no dynamic security here")
    def test_a_broker_that_comes_back_and_lets_nobody_listen(self):
        """What waits for a reply is told so, and no request goes out whose reply could not be heard."""
        broker = self.broker()
        cars = self.vehicles(broker)
        broker.say("city/position/car-7", {"at": 1}, retain=True)
        hub = self.start(config(broker.port).replace("first_reply: 3s", "first_reply: 60s"))
        hub.has_joined("taxi")
        threads, told = at_once(lambda: events(hub, "ride", {"do": "hold"}))
        follow = hub.begin("call", "taxi/follow", "vehicle=car-7", "--stream")
        said = Lines(follow.stderr)
        said.wait('"at":1')
        eventually("it is held", lambda: cars.held)
        broker.kill()
        cars.end()
        rights = Path(broker.folder) / "rights.json"
        rights.write_text(json.dumps({"defaultACLAccess": {"publishClientSend": True, "publishClientReceive": True, "subscribe": False,
                                                           "unsubscribe": True}}))
        os.chmod(rights, 0o666)
        broker.configure(f"plugin {PLUGIN}", f"plugin_opt_config_file {rights}")
        broker.start()
        threads[0].join()
        ride = told[0][-1][1]["error"]
        self.assertEqual(ride["reason"], "unavailable", ride)
        self.assertRegex(ride["message"], "refused a subscription: not authorized .*whether it was carried out is not known")
        self.assertEqual(follow.wait(20), 5, said.text())
        said.close()
        follow.stdout.close()
        self.assertIn("refused a subscription: not authorized", said.text())
        again = events(hub, "ride", {"do": "ride"})[-1][1]["error"]
        self.assertEqual(again["reason"], "unavailable", again)
        self.assertNotIn("carried out", again["message"])
        broker.kill()
        broker.configure()
        broker.start()
        cars.start()
        eventually("weft listens again", lambda: "output" in events(hub, "ride", {"do": "ride"})[-1][1])

    def test_a_broker_that_does_not_come_back(self):
        broker = self.broker()
        cars = self.vehicles(broker)
        hub = self.start(config(broker.port))
        hub.has_joined("taxi")
        threads, told = at_once(lambda: events(hub, "ride", {"do": "hold"}))
        eventually("it is held", lambda: cars.held)
        broker.kill()
        threads[0].join()
        error = told[0][-1][1]["error"]
        self.assertEqual(error["reason"], "deadline", error)
        self.assertIn("the broker is away: mqtt://127.0.0.1", error["message"])

    def test_a_broker_that_is_down_at_first(self):
        port = free_port()
        hub = self.start(config(port))
        shown = eventually("it is tried", lambda: (lambda s: "Connection refused" in s.get("why", "") and s)(
            json.loads(hub.run("show", "taxi", "--json").stdout)))
        self.assertEqual(shown["health"], "down")
        broker = self.broker(port=port)
        self.vehicles(broker)
        hub.has_joined("taxi")
        self.assertEqual(events(hub, "ride", {"do": "ride"})[-1][1]["output"]["data"], {"vehicle": "car-7"})

    def test_a_stream_ends_with_its_calls_time(self):
        broker = self.broker()
        broker.say("city/position/car-7", {"at": 1}, retain=True)
        hub = self.start(config(broker.port, "    timeout: 2s\n"))
        hub.has_joined("taxi")
        told = events(hub, "follow", {"vehicle": "car-7"})
        self.assertEqual([name for name, _ in told], ["state", "end"], told)
        self.assertEqual(told[-1][1]["output"]["data"], {"at": 1})
        shown = hub.run("call", "taxi/follow", "vehicle=car-7", "--stream")
        self.assertIn('… {"at":1}', shown.stderr)

    def test_over_tls(self):
        made = self.broker()
        made.kill()
        folder = Path(made.folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                       check=True, capture_output=True, timeout=20)
        os.chmod(folder / "key.pem", 0o644)
        secure = free_port()
        made.config.write_text(f"listener {made.port} 127.0.0.1\nallow_anonymous true\nlistener {secure} 127.0.0.1\n"
                               f"certfile {folder}/cert.pem\nkeyfile {folder}/key.pem\nallow_anonymous true\n")
        made.start()
        self.vehicles(made)
        text = config(made.port).replace(f"mqtt://127.0.0.1:{made.port}", f"mqtts://127.0.0.1:{secure}")
        hub = self.start(text, env={"SSL_CERT_FILE": str(folder / "cert.pem")})
        hub.has_joined("taxi")
        self.assertEqual(events(hub, "ride", {"do": "ride"})[-1][1]["output"]["data"], {"vehicle": "car-7"})
        big = "x" * 300_000
        self.assertEqual(events(hub, "ride", {"do": "ride", "to": big})[-1][1]["output"]["data"], {"vehicle": "car-7"})
        hub.stop()
        stranger = self.start(text)
        eventually("the certificate is refused", lambda: "TLS failed: self-signed certificate" in
                   json.loads(stranger.run("show", "taxi", "--json").stdout).get("why", ""))

    def test_a_password(self):
        made = self.broker()
        made.kill()
        secrets = Path(made.folder) / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", secrets, "city", "open-sesame"], check=True, capture_output=True, timeout=20)
        os.chmod(secrets, 0o644)
        made.config.write_text(f"listener {made.port} 127.0.0.1\npassword_file {secrets}\n")
        made.start()
        hub = self.start(env={"TAXI": "open-sesame"}, text="log: debug\n")
        details = Path(self.folder) / "taxi.yaml"
        details.write_text("user: city\nskills:\n  ride: {request: city/taxi/ride}\n")
        url = f"mqtt://127.0.0.1:{made.port}"
        wrong = hub.run("add", url, "--as", "wrong", "--details", details, "--bearer", "guess")
        self.assertEqual(wrong.returncode, 1, wrong.stdout)
        self.assertIn("refused the connection: ", wrong.stderr)
        self.assertNotIn("guess", wrong.stderr + hub.said.text())
        right = hub.run("add", url, "--as", "taxi", "--details", details, "--bearer", "${TAXI}")
        self.assertEqual(right.returncode, 0, right.stderr)
        self.assertRegex(right.stdout, r"joined taxi \(mqtt 5\.0\)  1 skill  ")
        self.assertNotIn("open-sesame", hub.said.text() + hub.run("show", "taxi", "--json").stdout)
        hub.stop()
        again = self.start(env={"TAXI": "open-sesame"})
        again.has_joined("taxi")

    def test_what_it_needs_is_said(self):
        broker = self.broker()
        hub = self.start()
        url = f"mqtt://127.0.0.1:{broker.port}"
        details = Path(self.folder) / "d.json"
        for text, said in (("{}", "say under `mqtt:` in weft.yaml (or in the file of --details"),
                           ('{"skills": {"ride": {"reqest": "a"}}}', "mqtt.skills.ride.reqest: this key is not known"),
                           ('{"skills": {"ride": {"request": "a/#"}}}', "mqtt.skills.ride.request: the topic `a/#` holds a wildcard"),
                           ('{"skills": {"ride": {"request": "a/{to}", "input": {"type": "object"}}}}', "`{to}` is no property"),
                           ("[]", "holds no mapping"), ("{", "cannot be read")):
            details.write_text(text)
            done = hub.run("add", url, "--details", details)
            self.assertEqual(done.stdout, "")
            self.assertIn(said, done.stderr)
        for words, said in ((["http://127.0.0.1:1", "--details", details], "--details is for an MQTT broker"),
                            (["mqtt://u:p@127.0.0.1"], "must not carry a user name"), (["mqtt://"], "is not a host"),
                            ([url, "--details", "none.yaml"], "none.yaml")):
            done = hub.run("add", *words)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)
            self.assertNotIn("u:p", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
