// The MCP upstreams as child processes: node mcp_stdio.mjs v1|v2 JOURNAL-FILE
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { openJournal } from './journal.mjs';
import { createV1Server } from './mcp_v1.mjs';
import { createV2Server } from './mcp_v2.mjs';

const [era, file] = process.argv.slice(2);
const journal = openJournal(file);
journal.note('started', { pid: process.pid });
if (era === 'v2') serveStdio(() => createV2Server(journal));
else await createV1Server(journal).connect(new StdioServerTransport());
