// The bank's books: accounts, postings, payments. Money is counted in fen (1/100 yuan), so that
// sums are exact; it is written as yuan only at the door.

import { addDays } from '../lib/clock.mjs';
import { fullName } from '../lib/people.mjs';
import { random } from '../lib/random.mjs';

const kPayees = [
  'Metro Shanghai',
  'City Power',
  'Corner Grocer',
  'Bookshop on Fuzhou Road',
  'Huangpu Ferry',
  'Tea Market',
  'Water Works',
  'Mobile Phone Plan',
  'Bakery',
  'Pharmacy',
];
const kHistoryDays = 60;

/** Fen as yuan. */
export const yuan = (fen) => fen / 100;

/**
 * @typedef {{id: string, owner: string, kind: string, currency: 'CNY', fen: number}} Account
 * @typedef {{entry: string, account: string, day: string, text: string, payee: string,
 *   fen: number, balance: number}} Entry
 */

export class Ledger {
  /** @param {string} seed @param {ReturnType<import('../lib/clock.mjs').createClock>} clock */
  constructor(seed, clock) {
    this.clock = clock;
    this.draw = random(seed, 'bank');
    /** @type {Map<string, Account>} */
    this.accounts = new Map();
    /** @type {Entry[]} */
    this.entries = [];
    const owner = fullName(this.draw);
    for (const kind of ['current', 'savings', 'household']) this.#open(owner, kind);
  }

  /** Opens an account and lives through its last two months. */
  #open(owner, kind) {
    const id = `acc-${this.draw.code(6)}`;
    const account = { id, owner, kind, currency: 'CNY', fen: 0 };
    this.accounts.set(id, account);
    const first = addDays(this.clock.today(), -kHistoryDays);
    this.#post(account, first, 'Balance brought forward', this.draw.int(500_000, 9_000_000));
    for (let day = 1; day < kHistoryDays; day += this.draw.int(2, 9)) {
      const text = this.draw.pick(kPayees);
      this.#post(account, addDays(first, day), text, -this.draw.int(500, 40_000));
    }
    // Everybody has taken a taxi lately.
    this.#post(account, addDays(first, kHistoryDays - 1), 'City Taxi', -1_800);
  }

  #post(account, day, text, fen, payee = text) {
    account.fen += fen;
    const entry = `e${String(this.entries.length + 1).padStart(5, '0')}`;
    this.entries.push({ entry, account: account.id, day, text, payee, fen, balance: account.fen });
    return entry;
  }

  /** The account with this id, or with this kind. @returns {Account|undefined} */
  find(name) {
    return this.accounts.get(name) ?? [...this.accounts.values()].find((a) => a.kind === name);
  }

  /** The newest entries of an account between two days, oldest first. */
  statement(account, { from = '0000-01-01', to = '9999-12-31', limit = 20 } = {}) {
    return this.entries
      .filter((e) => e.account === account.id && e.day >= from && e.day <= to)
      .slice(-limit);
  }

  /**
   * What is known of a payment before it is made (the risk check asks for it).
   * @returns {import('./risk.mjs').Features}
   */
  features(account, to, fen) {
    const paid = this.entries.filter((e) => e.account === account.id && e.fen < 0);
    const known = paid.some((e) => e.payee === to);
    const amounts = paid.map((e) => -e.fen).sort((a, b) => a - b);
    const usual = amounts.length ? amounts[amounts.length >> 1] : fen;
    const [hours, minutes] = this.clock.time().split(':').map(Number);
    return {
      amount: yuan(fen),
      hour: hours + minutes / 60,
      new_payee: known ? 0 : 1,
      own_account: this.accounts.has(to) ? 1 : 0,
      balance_share: fen / Math.max(account.fen, 1),
      times_usual: fen / usual,
      paid_today: paid.filter((e) => e.day === this.clock.today()).length,
    };
  }

  /** Why a payment cannot be made, or undefined. */
  refusal(account, fen) {
    if (fen > account.fen) {
      return (
        `Insufficient funds: ${account.id} holds ${yuan(account.fen).toFixed(2)} CNY, ` +
        `the payment is ${yuan(fen).toFixed(2)} CNY.`
      );
    }
    return undefined;
  }

  /** Books a payment; to an account of this bank it arrives there. */
  pay(account, to, fen, reference) {
    const day = this.clock.today();
    const text = `To ${to}${reference ? `: ${reference}` : ''}`;
    const entry = this.#post(account, day, text, -fen, to);
    const own = this.accounts.get(to);
    if (own) this.#post(own, day, `From ${account.id}${reference ? `: ${reference}` : ''}`, fen);
    return entry;
  }
}
