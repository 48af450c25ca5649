"""The command line as a person meets it, against a real hub and a real REST service."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest
from pathlib import Path

from harness import DOCUMENT, WEFT, Case, Hub, Server, eventually, free_port, walk_help


class Commands(Case):
    def test_join_list_show_call_remove(self):
        hub = self.start()
        added = hub.run("add", self.url)
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertIn("joined clock-tower (openapi 3.1", added.stdout)
        self.assertIn("known by", added.stderr)
        listed = json.loads(hub.run("ls", "--json").stdout)
        self.assertEqual({s["id"] for s in listed["solutions"]} - {"concierge"}, {"clock-tower"})
        self.assertIn("weft call clock-tower/add a=… b=…", hub.run("show", "clock-tower").stdout)
        called = hub.run("call", "clock-tower/add", "a=2", "b=40")
        self.assertEqual((called.returncode, json.loads(called.stdout)["sum"]), (0, 42), called.stderr)
        by_input = hub.run("call", "clock-tower/add", "--input", "-", stdin='{"a": 1, "b": 2}')
        self.assertEqual(json.loads(by_input.stdout)["sum"], 3)
        self.assertEqual(hub.run("rm", "clock-tower").returncode, 0)
        # The concierge leaves with the last whom it could ask.
        eventually("nobody is there", lambda: json.loads(hub.run("ls", "--json").stdout)["solutions"] == [])

    def test_arguments_that_do_not_fit_name_the_place(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        called = hub.run("call", "clock/add", "a=x", "b=1")
        self.assertEqual(called.returncode, 1, called.stdout)
        self.assertIn("/a", called.stderr)
        self.assertIn("integer", called.stderr)
        missing = hub.run("call", "clock/add", "a=1")
        self.assertIn("b", missing.stderr)

    def test_a_solution_that_fails_is_exit_5(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        called = hub.run("call", "clock/fail")
        self.assertEqual(called.returncode, 5)
        self.assertIn('solution "clock"', called.stderr)
        self.assertIn("the gears are stuck", called.stderr)
        as_json = json.loads(hub.run("call", "clock/fail", "--json").stdout)
        self.assertEqual(as_json["error"]["solution"], "clock")

    def test_what_joined_survives_a_restart_and_kill(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        hub.process.kill()
        hub.stop()
        self.hub = Hub(self.folder)
        eventually("it joined again", lambda: self.hub.run("call", "clock/add", "a=1", "b=1").returncode == 0)
        self.assertEqual(json.loads(self.hub.run("call", "clock/add", "a=1", "b=1").stdout)["sum"], 2)

    def test_a_name_that_is_taken(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        again = hub.run("add", self.url, "--as", "clock")
        self.assertEqual(again.returncode, 1)
        self.assertIn("--as", again.stderr)

    def test_what_cannot_be_recognised_says_what_was_tried(self):
        hub = self.start()
        added = hub.run("add", f"http://127.0.0.1:{free_port()}")
        self.assertEqual(added.returncode, 1)
        for protocol in ("a2a", "mcp", "openai", "openapi"):
            self.assertIn(protocol, added.stderr)

    def test_usage(self):
        hub = self.start()
        self.assertEqual(hub.run("shwo").returncode, 2)
        self.assertIn("did you mean `weft show`", hub.run("shwo").stderr)
        self.assertEqual(hub.run("call").returncode, 2)
        helped = hub.run("call", "--help")
        self.assertEqual(helped.returncode, 0)
        self.assertIn("example", helped.stdout)
        self.assertIn("weft up", hub.run().stdout)
        self.assertEqual(hub.run("help", "call").stdout, helped.stdout)
        self.assertEqual(hub.run("help").stdout, hub.run("--help").stdout)
        for words, hint in ((["up", "--lisen", "1"], "did you mean `--listen`?"), (["task", "anwser"], "did you mean `weft task answer`?"),
                            (["call", "a/b", "--sream"], "did you mean `--stream`?"), (["ls", "--hub", "here"], "unix:PATH"),
                            (["add", "http://127.0.0.1:1", "--header", "nonsense"], "NAME=VALUE")):
            wrong = hub.run(*words)
            self.assertEqual(wrong.returncode, 2, words)
            self.assertIn(hint, wrong.stderr)
        told = hub.run("call", "--json")
        self.assertEqual((told.returncode, told.stderr), (2, ""))
        self.assertEqual(json.loads(told.stdout)["error"]["reason"], "invalid_argument")
        nothing = hub.run("add")
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("weft add http", nothing.stderr)

    def test_help_is_found_by_every_way(self):
        run = lambda *words: subprocess.run([WEFT, *words], capture_output=True, text=True, timeout=20)
        for words in (("help", "task", "answer"), ("task", "answer", "--help")):
            shown = run(*words)
            self.assertEqual(shown.returncode, 0)
            self.assertIn("--decline", shown.stdout)
        for command in ("up", "add", "ls", "show", "rm", "call", "task", "key", "check", "doctor", "mcp", "completion"):
            self.assertIn("example:", run(command, "--help").stdout, command)
        bogus = run("help", "anwser")
        self.assertEqual(bogus.returncode, 2)
        self.assertIn("there is no command `weft anwser`", bogus.stderr)

    def test_input_that_would_be_ignored_is_refused(self):
        both = subprocess.run([WEFT, "call", "x/y", "a=1", "--input", "{}"], capture_output=True, text=True, timeout=20)
        self.assertEqual(both.returncode, 2)
        self.assertIn("`a=1` would be left out", both.stderr)
        nothing = subprocess.run([WEFT, "add", "--json"], capture_output=True, text=True, timeout=20)
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("takes a URL", json.loads(nothing.stdout)["error"]["message"])

    def test_completion_knows_every_option(self):
        script = subprocess.run([WEFT, "completion", "bash"], capture_output=True, text=True, timeout=20).stdout
        def completed(*words):
            ask = f'{script}\nCOMP_WORDS=({" ".join(words)} ""); COMP_CWORD={len(words)}; _weft; printf "%s\\n" "${{COMPREPLY[@]}}"'
            return subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=20, cwd=self.folder).stdout.split()
        for path, options, below in walk_help():
            self.assertTrue(options, path)
            self.assertLessEqual(options | set(below), set(completed("weft", *path)), path)
        self.assertIn("debug", completed("weft", "up", "--log"))
        self.assertIn("mcp", completed("weft", "add", "--protocol"))
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        os.environ["WEFT_HUB"] = f"unix:{hub.data}/weft.sock"
        os.environ["PATH"] = f"{WEFT.parent}:{os.environ['PATH']}"
        self.assertIn("clock/", completed("weft", "call"))
        self.assertIn("bash", completed("weft", "completion"))
        self.assertLessEqual({"a=", "b="}, set(completed("weft", "call", "clock/add")))
        self.assertNotIn("clock/", completed("weft", "call", "clock/add"))
        self.assertIn("clock", completed("weft", "show"))
        self.assertNotIn("clock", completed("weft", "show", "clock"))
        ask = f'{script}\nCOMP_WORDS=(weft call clock/); COMP_CWORD=2; _weft; echo "${{COMPREPLY[@]}}"'
        skills = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=20).stdout.split()
        self.assertEqual({skill for skill in skills if "/" in skill}, {"clock/add", "clock/wait", "clock/fail"})
        asked = self.document(hub.run("call", "clock/add", "forty", "--json"))["id"]
        ended = self.document(hub.run("call", "clock/add", "forty", "--json"))["id"]
        hub.run("task", "cancel", ended)
        for command in ("answer", "cancel"):
            self.assertIn(asked, completed("weft", "task", command))
            self.assertNotIn(ended, completed("weft", "task", command))
        self.assertIn(ended, completed("weft", "task", "show"))

    def test_a_reload_keeps_what_the_command_line_said(self):
        hub = self.start("--log", "debug", config="log: error\nsolutions: []\n")
        (hub.folder / "weft.yaml").write_text("log: off\nlisten: {port: 1}\nsolutions: []\n")
        hub.process.send_signal(signal.SIGHUP)
        self.assertIn("configuration read again: 0 solutions\n", hub.said.wait("configuration read again"))

    def test_a_document_is_found_where_the_caller_is(self):
        hub = self.start()
        elsewhere = hub.folder / "elsewhere"
        elsewhere.mkdir()
        document = {**DOCUMENT, "servers": [{"url": self.url}]}
        (elsewhere / "clock.json").write_text(json.dumps(document))
        added = subprocess.run([WEFT, "add", "clock.json", "--as", "clock"], capture_output=True, text=True, cwd=elsewhere,
                               env={**os.environ, "WEFT_HUB": f"unix:{hub.data}/weft.sock"})
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertEqual(json.loads(hub.run("call", "clock/add", "a=2", "b=3").stdout)["sum"], 5)

    def test_a_reload_says_what_must_wait(self):
        hub = self.start("--log", "warn", config="solutions: []\n")
        (hub.folder / "weft.yaml").write_text("keys: {required: true}\nsolutions: []\n")
        hub.process.send_signal(signal.SIGHUP)
        hub.said.wait("`keys.required`")

    def test_no_hub_is_exit_3(self):
        done = subprocess.run([WEFT, "ls"], capture_output=True, text=True, cwd=self.folder,
                              env={**os.environ, "WEFT_HUB": f"unix:{self.folder}/none.sock"})
        self.assertEqual(done.returncode, 3)
        self.assertIn("weft up", done.stderr)

    def test_check_names_file_line_and_nearest_key(self):
        (Path(self.folder) / "weft.yaml").write_text("solutions:\n  - name: billing\n    protcol: mcp\n    url: http://127.0.0.1:1\n")
        done = subprocess.run([WEFT, "check"], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("weft.yaml:3:5", done.stderr)
        self.assertIn("did you mean `protocol`?", done.stderr)
        self.assertIn("^^^^^^^", done.stderr)
        up = subprocess.run([WEFT, "up"], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(up.returncode, 1)
        self.assertIn("weft.yaml:3:5", up.stderr)

    def test_the_example_configuration_is_fine(self):
        example = Path(__file__).resolve().parents[2] / "packaging/weft.yaml"
        done = subprocess.run([WEFT, "check", "-c", example], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            up = subprocess.run([WEFT, "up", "--listen", str(port), "--data", f"{self.folder}/d"], capture_output=True, text=True, timeout=20)
        self.assertEqual(up.returncode, 1)
        self.assertIn(str(port), up.stderr)
        self.assertIn("another program listens there", up.stderr)
        self.assertEqual(up.stderr.count("error:"), 1)

    def test_ports_that_come_free_in_a_moment(self):
        """A hub that was killed may have left them to a process that it was starting."""
        held = [socket.socket(), socket.socket()]
        for each in held:
            each.bind(("127.0.0.1", 0))
            each.listen()
        ports = [each.getsockname()[1] for each in held]

        def free():
            # Its socket is there before it needs the port, and the port before the door.
            eventually("it begins to listen", (Path(self.folder) / "data/weft.sock").exists)
            for each in held:
                time.sleep(0.3)
                each.close()
        frees = threading.Thread(target=free)
        frees.start()
        self.addCleanup(frees.join)
        self.hub = Hub(self.folder, config=f"listen: {{grpc: {ports[1]}}}\n", port=ports[0])
        self.hub.printed.wait(f"OIP gRPC   127.0.0.1:{ports[1]}")

    def test_beyond_loopback_without_keys_is_refused(self):
        up = subprocess.run([WEFT, "up", "--listen", "0.0.0.0:0", "--data", f"{self.folder}/d"], capture_output=True, text=True, timeout=20)
        self.assertEqual(up.returncode, 1)
        self.assertIn("keys", up.stderr)

    def test_a_damaged_database(self):
        data = Path(self.folder) / "data"
        hub = self.start()
        hub.stop()
        self.hub = None
        for file in data.glob("*"):
            if file.is_file() and file.suffix not in (".lock", ".sock"):
                file.write_bytes(b"this is no database" * 400)
        up = subprocess.run([WEFT, "up", "--listen", "0", "--data", data], capture_output=True, text=True, timeout=20)
        self.assertEqual(up.returncode, 1, up.stdout)
        self.assertEqual(up.stderr.count("error:"), 1)
        self.assertIn(str(data), up.stderr)

    def test_a_second_hub_on_the_same_data_names_the_holder(self):
        hub = self.start()
        up = subprocess.run([WEFT, "up", "--listen", "0", "--data", hub.data], capture_output=True, text=True, timeout=20)
        self.assertEqual(up.returncode, 1)
        self.assertIn(str(hub.process.pid), up.stderr)

    def test_a_folder_that_cannot_be_written(self):
        up = subprocess.run([WEFT, "up", "--listen", "0", "--data", "/proc/weft-data"], capture_output=True, text=True, timeout=20)
        self.assertEqual(up.returncode, 1)
        self.assertIn("/proc/weft-data", up.stderr)
        self.assertEqual(up.stderr.count("error:"), 1)

    def test_keys(self):
        hub = self.start()
        made = json.loads(hub.run("key", "new", "ada", "--json").stdout)
        url = f"http://127.0.0.1:{hub.port}"
        curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{url}/v1/models"]
        self.assertEqual(subprocess.run(curl, capture_output=True, text=True).stdout, "401")
        with_key = [*curl, "-H", f"Authorization: Bearer {made['secret']}"]
        self.assertEqual(subprocess.run(with_key, capture_output=True, text=True).stdout, "200")
        self.assertNotIn(made["secret"], hub.run("key", "ls", "--json").stdout)
        self.assertEqual(hub.run("ls", "--hub", url, env={"WEFT_KEY": made["secret"]}).returncode, 1)
        hub.run("key", "revoke", made["id"])
        self.assertEqual(subprocess.run(with_key, capture_output=True, text=True).stdout, "401")
        admin = json.loads(hub.run("key", "new", "root", "--admin", "--json").stdout)
        self.assertEqual(hub.run("ls", "--hub", url, env={"WEFT_KEY": admin["secret"]}).returncode, 0)
        for file in hub.data.rglob("*"):
            if file.is_file():
                self.assertNotIn(admin["secret"].encode(), file.read_bytes())

    def test_what_is_shown_leads_back_to_where_it_was_read(self):
        hub = self.start(config="listen: {hosts: [Weft.example]}\nsolutions: []\n")
        self.assertEqual(hub.run("add", self.url, "--as", "clock").returncode, 0)

        def shown(host):
            read = lambda path: json.loads(subprocess.run(
                ["curl", "-s", "-H", f"Host: {host}", f"http://127.0.0.1:{hub.port}{path}"], capture_output=True, text=True).stdout)
            return {read("/a2a/clock/.well-known/agent-card.json")["supportedInterfaces"][0]["url"].removesuffix("/a2a/clock"),
                    read("/.well-known/agent-card.json")["supportedInterfaces"][0]["url"].removesuffix("/a2a"),
                    read("/api/openapi.json")["servers"][0]["url"], read("/api/clock/openapi.json")["servers"][0]["url"]}

        self.assertEqual(shown("weft.example:8080"), {"http://weft.example:8080"})
        self.assertEqual(shown(f"localhost:{hub.port}"), {f"http://localhost:{hub.port}"})
        hub.stop()
        hub = self.start(config="listen: {public_url: 'https://hub.example/'}\nsolutions: []\n")
        hub.has_joined("clock")
        self.assertEqual(shown("hub.example"), {"https://hub.example"})
        self.assertEqual(shown("localhost"), {"https://hub.example"})

    def test_proxies_that_the_environment_names_are_not_asked(self):
        proxy = Server()
        self.addCleanup(proxy.end)
        names = [name for each in ("http_proxy", "https_proxy", "all_proxy") for name in (each, each.upper())]
        hub = self.start(env={name: proxy.url for name in names} | {"no_proxy": "", "NO_PROXY": ""})
        self.assertEqual(hub.run("add", self.url, "--as", "clock").returncode, 0)
        self.assertEqual(hub.run("call", "clock/add", "a=2", "b=40").returncode, 0)
        self.assertEqual(proxy.taken, [])

    def test_metrics_tell_a_key_of_what_it_may_call_alone(self):
        hub = self.start()
        for name in ("clock", "tower"):
            self.assertEqual(hub.run("add", self.url, "--as", name).returncode, 0)
        make = lambda *words: json.loads(hub.run("key", "new", *words, "--json").stdout)["secret"]
        keys = {"all": make("ada"), "one": make("bob", "--for", "clock")}
        told = {}
        for whose, key in keys.items():
            told[whose] = subprocess.run(["curl", "-s", "-H", f"Authorization: Bearer {key}", f"http://127.0.0.1:{hub.port}/metrics"],
                                         capture_output=True, text=True).stdout
        self.assertIn('solution="tower"', told["all"])
        self.assertIn('solution="clock"', told["one"])
        self.assertNotIn("tower", told["one"])
        self.assertIn("weft_solutions 1\n", told["one"])

    def test_web_pages_cannot_reach_the_hub(self):
        hub = self.start()
        base = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
        url = f"http://127.0.0.1:{hub.port}"
        for path in ("/v1/models", "/mcp", "/a2a/x", "/api/openapi.json", "/admin/v1/info", "/metrics", "/healthz"):
            for header in ("Origin: http://evil.example", "Host: evil.example", "Host: 127.0.0.1.evil.example"):
                got = subprocess.run([*base, "-H", header, url + path], capture_output=True, text=True).stdout
                self.assertEqual(got, "403", f"{header} {path}")
            got = subprocess.run([*base, "-H", "Content-Type: text/plain", "-d", "{}", url + path], capture_output=True, text=True).stdout
            self.assertEqual(got, "403", f"text/plain {path}")

    def test_the_admin_api_is_not_on_the_port(self):
        hub = self.start()
        got = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{hub.port}/admin/v1/info"],
                             capture_output=True, text=True).stdout
        self.assertEqual(got, "401")
        self.assertEqual((hub.data / "weft.sock").stat().st_mode & 0o777, 0o600)

    def test_hot_reload(self):
        hub = self.start(config="solutions: []\n")
        (hub.folder / "weft.yaml").write_text(f"solutions:\n  - name: clock\n    url: {self.url}\n")
        hub.process.send_signal(signal.SIGHUP)
        eventually("it joined", lambda: hub.run("call", "clock/add", "a=1", "b=1").returncode == 0)
        listed = json.loads(hub.run("ls", "--json").stdout)["solutions"]
        self.assertEqual(listed[0]["id"], "clock")
        self.assertIn("weft.yaml:2", listed[0]["origin"])
        (hub.folder / "weft.yaml").write_text("solutions: [] \n")  # noticed without a signal
        eventually("it left", lambda: not json.loads(hub.run("ls", "--json").stdout)["solutions"])

    def test_sigterm_drains(self):
        hub = self.start()
        self.assertEqual(hub.stop(), 0)
        self.hub = None
        self.assertFalse((hub.data / "weft.sock").exists())

    def test_allocator_settings_are_the_hubs_own(self):
        began_with = lambda pid: dict(word.split("=", 1) for word in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in word)
        hub = self.start()
        self.assertIn("glibc.malloc.tcache_count=1024", began_with(hub.process.pid)["GLIBC_TUNABLES"])
        note = Path(self.folder) / "environment"
        hub.run("add", "--as", "child", "--", "sh", "-c", f"env > {note}; sleep 1")
        self.assertNotIn("GLIBC_TUNABLES", note.read_text())
        hub.stop()
        for given in ("glibc.malloc.tcache_count=9", "glibc.malloc.tcache_count=9:glibc.malloc.arena_max=1"):
            hub = self.start(env={"GLIBC_TUNABLES": given})
            self.assertEqual(began_with(hub.process.pid)["GLIBC_TUNABLES"], given)
            hub.stop()
        hub = self.start(env={"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"})
        self.assertEqual(began_with(hub.process.pid)["GLIBC_TUNABLES"], "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=1024")
        hub.stop()
        # Started by the loader, the running file is the loader: it is not what is started anew.
        loader = next(word for word in Path("/proc/self/maps").read_text().split() if Path(word).name.startswith("ld-"))
        hub = self.start(through=[loader])
        self.assertNotIn("GLIBC_TUNABLES", began_with(hub.process.pid))

    def test_doctor_and_completion(self):
        hub = self.start()
        doctor = hub.run("doctor")
        self.assertIn("hub", doctor.stdout)
        self.assertIn("ok", doctor.stdout)
        self.assertRegex(doctor.stdout, r"ok   sandbox +bubblewrap \d+\.\d+")
        self.assertRegex(doctor.stdout, r"ok   program limits +memory by .+, processors by .+, processes by ")
        script = hub.run("completion", "bash").stdout
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)


if __name__ == "__main__":
    unittest.main()
