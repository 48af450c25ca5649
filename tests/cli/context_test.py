"""One conversation with the concierge is one conversation with each agent, and an agent learns of it what weft.yaml shares."""
import unittest

from ask_test import Town
from harness import Case, Server
from poison_test import Agent


class Contexts(Case):
    def begin_with(self, policy):
        self.town, self.agent = Server(Town), Server(Agent)
        self.town.holds = False
        self.agent.heard, self.agent.asks, self.agent.says = 0, False, "They say nothing."
        self.agent.messages = []
        self.addCleanup(self.town.end)
        self.addCleanup(self.agent.end)
        self.start(config=f"solutions:\n  - name: town\n    url: {self.town.url}\n"
                          f"  - name: gossip\n    url: {self.agent.url}\n    protocol: a2a\n{policy}")
        self.hub.has_joined("town", "gossip", "concierge")

    def say(self, words, context):
        done = self.hub.run("ask", words, "--context", context)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def talk(self):
        """What the agent was sent: twice in one conversation, once in another."""
        self.say("how much money is on my savings account", "c1")
        for context in ("c1", "c1", "c2"):
            self.say("tell me gossip and rumours about famous people", context)
        self.assertEqual(len(self.agent.messages), 3)
        return self.agent.messages

    def test_a_conversation_goes_on_at_the_agent(self):
        self.begin_with("")
        first, second, other = self.talk()
        self.assertEqual([message.get("contextId") for message in (first, second, other)], [None, "c", None])
        # Of the rest it learns nothing.
        self.assertEqual([message.get("metadata", {}).get("weft.context") for message in (first, second, other)], [None] * 3)

    def test_what_is_shared_is_told(self):
        self.begin_with("    share: [account]\n")
        first, second, other = self.talk()
        told = [message.get("metadata", {}).get("weft.context") for message in (first, second, other)]
        self.assertEqual(told, [{"account": "savings"}, {"account": "savings"}, None])


if __name__ == "__main__":
    unittest.main()
