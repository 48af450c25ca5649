// The bank's tools as an MCP server offers them. One set per session, one ledger for all.

import { z } from 'zod';
import { yuan } from './ledger.mjs';

const kReadOnly = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
const kConfirmTimeoutMs = 300_000;

const accountName = z.string().describe('An account id such as acc-x7k2m9, or its kind');
const dayText = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .describe('YYYY-MM-DD');

/** A result both as text and as data. */
const answer = (text, structuredContent) => ({
  content: [{ type: 'text', text }],
  structuredContent,
});
const refuse = (text) => ({ content: [{ type: 'text', text }], isError: true });

/** Registers all tools of the bank on a server; `risk` is asked before each payment, if any. */
export function registerTools(server, ledger, risk) {
  registerAccounts(server, ledger);
  registerBalance(server, ledger);
  registerStatement(server, ledger);
  registerPay(server, ledger, risk);
}

function unknownAccount(ledger, name) {
  return refuse(
    `There is no account \`${name}\`; the accounts are ` +
      `${[...ledger.accounts.keys()].join(', ')}.`,
  );
}

function registerAccounts(server, ledger) {
  server.registerTool(
    'accounts',
    {
      title: 'Accounts',
      description: 'All accounts of the customer.',
      annotations: kReadOnly,
      inputSchema: {},
      outputSchema: {
        accounts: z.array(
          z.object({ id: z.string(), owner: z.string(), kind: z.string(), currency: z.string() }),
        ),
      },
    },
    async () => {
      const accounts = [...ledger.accounts.values()].map(({ fen, ...rest }) => rest);
      return answer(accounts.map((a) => `${a.id} ${a.kind} (${a.owner})`).join('\n'), { accounts });
    },
  );
}

function registerBalance(server, ledger) {
  server.registerTool(
    'balance',
    {
      title: 'Balance',
      description: 'The balance of one account.',
      annotations: kReadOnly,
      inputSchema: { account: accountName },
      outputSchema: {
        account: z.string(),
        balance: z.number(),
        currency: z.string(),
        as_of: z.string(),
      },
    },
    async ({ account: name }) => {
      const account = ledger.find(name);
      if (!account) return unknownAccount(ledger, name);
      const data = {
        account: account.id,
        balance: yuan(account.fen),
        currency: account.currency,
        as_of: ledger.clock.iso(),
      };
      return answer(`${account.id}: ${data.balance.toFixed(2)} ${account.currency}`, data);
    },
  );
}

function registerStatement(server, ledger) {
  server.registerTool(
    'statement',
    {
      title: 'Statement',
      description: 'What came in and went out of one account: payments and transfers, oldest first.',
      annotations: kReadOnly,
      inputSchema: {
        account: accountName,
        from: dayText.optional(),
        to: dayText.optional(),
        limit: z.number().int().min(1).max(200).default(20).describe('The newest N entries'),
      },
      outputSchema: {
        account: z.string(),
        entries: z.array(
          z.object({
            entry: z.string(),
            day: z.string(),
            text: z.string(),
            amount: z.number(),
            balance: z.number(),
          }),
        ),
      },
    },
    async ({ account: name, ...range }) => {
      const account = ledger.find(name);
      if (!account) return unknownAccount(ledger, name);
      const entries = ledger
        .statement(account, range)
        .map((e) => ({
          entry: e.entry,
          day: e.day,
          text: e.text,
          amount: yuan(e.fen),
          balance: yuan(e.balance),
        }));
      const lines = entries.map((e) => `${e.day} ${e.text} ${e.amount.toFixed(2)}`);
      return answer(lines.join('\n') || 'No entries in that time.', {
        account: account.id,
        entries,
      });
    },
  );
}

function registerPay(server, ledger, risk) {
  server.registerTool(
    'pay',
    {
      title: 'Pay',
      description: 'Pays from an account, after the customer has confirmed it.',
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: true,
      },
      inputSchema: {
        from: accountName,
        to: z.string().min(1).describe('An account id, its kind, or a payee'),
        amount: z.number().positive().max(1_000_000).describe('In CNY, to the fen'),
        reference: z.string().max(140).optional(),
      },
      outputSchema: {
        entry: z.string(),
        from: z.string(),
        to: z.string(),
        amount: z.number(),
        currency: z.string(),
        balance: z.number(),
      },
    },
    (args, extra) => pay(server, ledger, risk, args, extra),
  );
}

/** Checks, asks the customer, checks again (time has passed), and books. */
async function pay(server, ledger, risk, { from, to, amount, reference }, extra) {
  const account = ledger.find(from);
  if (!account) return unknownAccount(ledger, from);
  const own = ledger.find(to);
  if (own === account) return refuse(`\`${from}\` and \`${to}\` are the same account.`);
  if (own) to = own.id;
  const fen = Math.round(amount * 100);
  if (Math.abs(amount * 100 - fen) > 1e-6)
    return refuse(`${amount} CNY is not a whole number of fen.`);
  await progress(extra, 1, 'checking the account');
  const early = ledger.refusal(account, fen);
  if (early) return refuse(early);
  if (!server.server.getClientCapabilities()?.elicitation) {
    return refuse(
      'A payment must be confirmed, and this client cannot ask its user: it does not ' +
        'declare the capability `elicitation`.',
    );
  }
  const judged = await risk?.judge(ledger.features(account, to, fen));
  if (judged?.verdict === 'refuse') return refuse(`The payment was not made: ${judged.why}.`);
  const look = judged?.verdict === 'look' ? judged.why : undefined;
  await progress(extra, 2, 'asking for confirmation');
  const confirmed = await confirm(server, { account, to, amount, reference, look }, extra);
  if (!confirmed.yes) return refuse(`The payment was not made: ${confirmed.why}.`);
  const late = ledger.refusal(account, fen);
  if (late) return refuse(late);
  const entry = ledger.pay(account, to, fen, reference);
  await progress(extra, 3, 'booked');
  const data = { entry, from: account.id, to, amount, currency: 'CNY', balance: yuan(account.fen) };
  return answer(
    `Paid ${amount.toFixed(2)} CNY from ${account.id} to ${to} (${entry}); ` +
      `the balance is ${data.balance.toFixed(2)} CNY.`,
    data,
  );
}

const kConfirm = { type: 'boolean', title: 'Confirm', description: 'True to make this payment' };
const kLooked = {
  type: 'boolean',
  title: 'Looked at it',
  description: 'True once a person has looked at the payee and the amount',
};

/** Asks the customer; `look` says why a person has to look first. */
async function confirm(server, { account, to, amount, reference, look }, extra) {
  const why = reference ? ` for "${reference}"` : '';
  const warning = look ? `This payment needs a person's look: ${look}. ` : '';
  const reply = await server.server.elicitInput(
    {
      message:
        `${warning}Pay ${amount.toFixed(2)} CNY from ${account.id} (${account.kind}) ` +
        `to ${to}${why}?`,
      requestedSchema: {
        type: 'object',
        required: ['confirm'],
        properties: { confirm: kConfirm, ...(look && { looked: kLooked }) },
      },
    },
    { relatedRequestId: extra.requestId, signal: extra.signal, timeout: kConfirmTimeoutMs },
  );
  if (reply.action === 'decline') return { yes: false, why: 'the customer declined' };
  if (reply.action === 'cancel') return { yes: false, why: 'the customer closed the question' };
  if (reply.content?.confirm !== true) return { yes: false, why: 'the customer did not confirm' };
  if (look && reply.content.looked !== true) return { yes: false, why: `nobody looked; ${look}` };
  return { yes: true };
}

async function progress(extra, step, message) {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return;
  await extra.sendNotification({
    method: 'notifications/progress',
    params: { progressToken, progress: step, total: 3, message },
  });
}
