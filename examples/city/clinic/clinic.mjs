// The clinic of the city: an A2A agent on the official SDK, over JSON-RPC and HTTP+JSON, for
// A2A 1.0 and 0.3 callers.

import { createServer } from 'node:http';
import express from 'express';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import {
  agentCardHandler,
  jsonRpcHandler,
  restHandler,
  UserBuilder,
} from '@a2a-js/sdk/server/express';
import { isMain, listen, runHouse, shut } from '../lib/house.mjs';
import { ClinicAgent } from './agent.mjs';
import { Calendar } from './calendar.mjs';
import { skillSchemas } from './desk.mjs';

const modes = ['text/plain', 'application/json'];
const skill = (id, name, description, tags, examples) => ({
  id,
  name,
  description,
  tags,
  examples,
  inputModes: modes,
  outputModes: modes,
  securityRequirements: [],
});

function agentCard(base) {
  const at = (path, protocolBinding, protocolVersion) => ({
    url: `${base}${path}`,
    protocolBinding,
    tenant: '',
    protocolVersion,
  });
  return {
    name: 'clinic',
    description:
      'The clinics of Shanghai: triage of symptoms, free appointments, booking. Takes ' +
      'plain text, or a data part {"skill", "parameters"}.',
    supportedInterfaces: [
      at('/a2a', 'JSONRPC', '1.0'),
      at('/rest', 'HTTP+JSON', '1.0'),
      at('/a2a', 'JSONRPC', '0.3'),
      at('/rest', 'HTTP+JSON', '0.3'),
    ],
    provider: { organization: 'City Clinics', url: base },
    version: '1.0.0',
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: [
        {
          uri: 'urn:city:clinic:parameters:1',
          required: false,
          description: 'JSON Schemas of the parameters of each skill.',
          params: skillSchemas,
        },
      ],
    },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: modes,
    defaultOutputModes: modes,
    skills: [
      skill(
        'triage',
        'Triage',
        'How urgent symptoms are and which specialty treats them.',
        ['health', 'symptoms'],
        ['I have had a fever for three days and a stiff neck', 'My stomach hurts', 'How bad is this headache?'],
      ),
      skill(
        'appointments',
        'Free appointments',
        'Free appointments by district and day.',
        ['health', 'calendar'],
        ["Which appointments are free in Jing'an tomorrow?", 'When could I see a doctor this week?'],
      ),
      skill(
        'book',
        'Book an appointment',
        'Books a free appointment; reports its progress.',
        ['health', 'calendar', 'booking'],
        ["Book me a doctor in Jing'an this afternoon", 'I need to see a dermatologist next week'],
      ),
    ],
    signatures: [],
  };
}

/** Starts the clinic. */
export async function startClinic({ port = 0, seed, clock }) {
  const app = express();
  const server = createServer(app);
  const bound = await listen(server, port);
  const agent = new ClinicAgent(new Calendar(seed, clock), clock);
  const card = agentCard(`http://127.0.0.1:${bound}`);
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), agent);
  const legacyCompat = { enabled: true };
  const options = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat };
  app.disable('x-powered-by');
  app.use(
    '/.well-known/agent-card.json',
    agentCardHandler({ agentCardProvider: requestHandler, legacyCompat }),
  );
  app.use('/a2a', jsonRpcHandler(options));
  app.use('/rest', restHandler(options));
  return { port: bound, close: () => shut(server) };
}

if (isMain(import.meta.url)) await runHouse('clinic', startClinic);
