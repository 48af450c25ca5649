"""Payments of a city, drawn: accounts with habits, and now and then somebody else at the keyboard.

The process, all of it from one seed:

* An account has a purse (how much its payments are about: lognormal, a median of some 120 CNY), a balance (a few wages,
  lognormal) that a wage adds to each month, 8 to 25 payees it knows, a few payments a week, and hours: most people pay
  between 8 and 22, one in eight is a night owl.
* A payment goes to a payee it knows; one in twelve to a new one, which it knows from then on. Amounts scatter around the
  purse; one in forty is large (a rent, a sofa, now and then from somebody new): five to fifteen times as much. Savings
  move between a customer's own accounts.
* On a few days of the city somebody takes an account over, and pays those that nobody has paid before. Three in four take
  what they can at whatever hour they work: perhaps a small amount first, to see whether it goes through, then one to four
  payments of a tenth to nine tenths of what is left. The fourth is patient: one to three payments as its owner might make
  them, by day.

What is known of a payment before it is made is what a bank asks of a risk check (../bank/README.md): FEATURES.
"""
import bisect
import math
import random
from dataclasses import dataclass, field

FEATURES = ("amount", "hour", "new_payee", "own_account", "balance_share", "times_usual", "paid_today")
# How many of an account's last payments say what is usual.
MEMORY = 100
# The chance that an account is taken over on a day.
TAKEN_OVER = 1 / 250
LARGE = 1 / 40
NEW_PAYEE = 1 / 12
PATIENT = 1 / 4


@dataclass
class Account:
    purse: float
    wage: float
    balance: float
    a_week: float
    owl: bool
    payees: list
    amounts: list = field(default_factory=list)
    met: int = 0

    def usual(self):
        last = sorted(self.amounts[-MEMORY:])
        return last[len(last) // 2] if last else None


@dataclass(frozen=True)
class Payment:
    day: int
    features: tuple  # in the order of FEATURES
    fraud: bool


def open_account(draw):
    purse = draw.lognormvariate(math.log(120), 0.6)
    a_week = draw.uniform(2, 9)
    wage = purse * a_week * 4.5 * draw.uniform(1.05, 1.6)
    return Account(purse, wage, wage * draw.lognormvariate(math.log(4), 1), a_week, draw.random() < 1 / 8,
                   [f"payee {at}" for at in range(draw.randint(8, 25))])


def hour_of(account, draw):
    """When its owner pays: a bell around midday or the evening, an owl's around midnight."""
    centre, width = (0.5, 2.5) if account.owl and draw.random() < 0.7 else draw.choice(((11, 2.5), (18.5, 2.2)))
    return draw.gauss(centre, width) % 24


def make(account, day, hour, payee, amount, today, fraud):
    """Books a payment; what was known before it."""
    usual = account.usual() or amount
    known = payee in account.payees
    features = (amount, hour, 0 if known or payee == "own" else 1, 1 if payee == "own" else 0,
                amount / max(account.balance, 0.01), amount / usual, today)
    if not known and payee != "own":
        account.payees.append(payee)
    account.balance -= amount
    account.amounts.append(amount)
    return Payment(day, tuple(round(value, 5) for value in features), fraud)


def own_payment(account, day, hour, today, draw):
    """One that the owner makes, or nothing when there is no money for it."""
    kind = draw.random()
    if kind < 0.05:
        payee, amount = "own", account.balance * draw.uniform(0.05, 0.6)
    else:
        large = kind > 1 - LARGE
        amount = account.purse * draw.lognormvariate(0, 0.7) * (draw.uniform(5, 15) if large else 1)
        payee = draw.choice(account.payees)
        if draw.random() < (0.3 if large else NEW_PAYEE):
            account.met += 1
            payee = f"new {account.met}"
    amount = max(0.01, round(amount, 2))
    return make(account, day, hour, payee, amount, today, False) if amount <= account.balance else None


def taken_over(account, day, today, draw):
    """What the thief of a day pays, to the last."""
    patient = draw.random() < PATIENT
    at = draw.uniform(9, 20) if patient else draw.uniform(0, 24)
    small = not patient and draw.random() < 0.5
    for step in range(draw.randint(1, 3 if patient else 4) + small):
        if patient:
            amount = account.purse * draw.lognormvariate(0.5, 0.8)
        else:
            amount = draw.uniform(0.5, 5) if small and step == 0 else account.balance * draw.uniform(0.1, 0.9)
        amount = round(min(amount, account.balance), 2)
        if amount < 0.01:
            return
        account.met += 1
        hour = (at + step * draw.uniform(0.02, 0.3)) % 24
        yield make(account, day, hour, f"thief {account.met}", amount, today + step, True)


def draw_payments(seed, accounts, days):
    """All payments of the city, day by day."""
    out = []
    for number in range(accounts):
        draw = random.Random(f"{seed}/{number}")
        account = open_account(draw)
        for day in range(days):
            if day % 30 == 0:
                account.balance += account.wage
            count = sum(draw.random() < account.a_week / 70 for _ in range(10))
            hours = sorted(hour_of(account, draw) for _ in range(count))
            made = [own_payment(account, day, hour, today, draw) for today, hour in enumerate(hours)]
            out += [payment for payment in made if payment]
            before = account.balance
            if draw.random() < TAKEN_OVER:
                out += taken_over(account, day, len(hours), draw)
            # The bank makes it good again.
            account.balance = before
    out.sort(key=lambda payment: payment.day)
    return out


def split(payments, days):
    """(to train, to validate, held out): by time, since the future is what is to be judged."""
    days_of = [payment.day for payment in payments]
    first, second = (bisect.bisect_left(days_of, days * share // 10) for share in (6, 8))
    return payments[:first], payments[first:second], payments[second:]


def csv(payments, labelled):
    """A row for each; the label first, as SageMaker has it."""
    rows = [([int(payment.fraud)] if labelled else []) + [*payment.features] for payment in payments]
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in rows)


def area_under_curve(scores, truths):
    """The chance that a fraud scores higher than another payment; ties count half."""
    ranked = sorted(zip(scores, truths))
    positives = sum(truths)
    negatives = len(ranked) - positives
    rank_sum, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        rank_sum += (at + 1 + end) / 2 * sum(truth for _, truth in ranked[at:end])
        at = end
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)
