// An A2A agent on @a2a-js/sdk: JSON-RPC and HTTP+JSON, 1.0 and (unless switched off) 0.3.
// What it does is said in plain words: "echo X", "json", "work N", "book", "slow", "fail".
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AgentCard,
  Message,
  Task,
  TaskArtifactUpdateEvent,
  TaskStatusUpdateEvent,
} from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import {
  agentCardHandler,
  jsonRpcHandler,
  restHandler,
  UserBuilder,
} from '@a2a-js/sdk/server/express';
import express from 'express';
import { kHost } from '../lib/ports.mjs';
import { openJournal } from './journal.mjs';

const kSlowMs = 30_000;

function agentMessage(request, parts) {
  const { taskId, contextId } = request;
  const messageId = `answer-${performance.now()}`;
  return { messageId, taskId, contextId, role: 'ROLE_AGENT', parts };
}

/// Publishes the events of one task.
class TaskTeller {
  constructor(request, bus) {
    this.request = request;
    this.bus = bus;
    this.ids = { taskId: request.taskId, contextId: request.contextId };
  }

  begin() {
    const { taskId: id, contextId } = this.ids;
    const status = { state: 'TASK_STATE_SUBMITTED', timestamp: new Date().toISOString() };
    const history = [Message.toJSON(this.request.userMessage)];
    this.bus.publish(AgentEvent.task(Task.fromJSON({ id, contextId, status, history })));
  }

  state(state, note) {
    const message = note && agentMessage(this.request, [{ text: note }]);
    const status = { state: `TASK_STATE_${state}`, message, timestamp: new Date().toISOString() };
    const event = TaskStatusUpdateEvent.fromJSON({ ...this.ids, status });
    this.bus.publish(AgentEvent.statusUpdate(event));
  }

  artifact(parts, { append = false, lastChunk = true } = {}) {
    const artifact = { artifactId: 'answer', name: 'answer', parts };
    const event = TaskArtifactUpdateEvent.fromJSON({ ...this.ids, artifact, append, lastChunk });
    this.bus.publish(AgentEvent.artifactUpdate(event));
  }
}

const wordsOf = (message) =>
  message.parts
    .map((part) => part.content?.$case === 'text' && part.content.value)
    .filter(Boolean)
    .join(' ');

class Agent {
  #cancels = new Map();

  constructor(journal) {
    this.journal = journal;
  }

  execute = async (request, bus) => {
    const words = wordsOf(request.userMessage);
    const parts = request.userMessage.parts.map((part) => part.content);
    this.journal.note('message', { words, parts, taskId: request.taskId });
    const verb = request.task ? 'continue' : words.split(' ')[0];
    const act = this[verb === 'continue' ? 'booked' : verb] ?? this.echo;
    await act.call(this, request, bus, words);
    bus.finished();
  };

  cancelTask = async (taskId, bus) => {
    this.journal.note('cancelled', { taskId });
    const cancel = this.#cancels.get(taskId);
    cancel?.abort();
    if (cancel) return;
    const status = { state: 'TASK_STATE_CANCELED', timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ taskId, status })));
  };

  async echo(request, bus, words) {
    const said = words.replace(/^echo /, '');
    bus.publish(AgentEvent.message(Message.fromJSON(agentMessage(request, [{ text: said }]))));
  }

  async json(request, bus) {
    const parts = [{ data: { answer: 42 }, mediaType: 'application/json' }];
    bus.publish(AgentEvent.message(Message.fromJSON(agentMessage(request, parts))));
  }

  async work(request, bus, words) {
    const steps = Number(words.split(' ')[1] ?? 3);
    const teller = new TaskTeller(request, bus);
    teller.begin();
    for (let i = 1; i <= steps; i++) {
      await delay(20);
      teller.state('WORKING', `step ${i} of ${steps}`);
      teller.artifact([{ text: `piece ${i};` }], { append: i > 1, lastChunk: i === steps });
    }
    teller.state('COMPLETED');
  }

  async book(request, bus) {
    const teller = new TaskTeller(request, bus);
    teller.begin();
    teller.state('INPUT_REQUIRED', 'Which day?');
  }

  async booked(request, bus, words) {
    const teller = new TaskTeller(request, bus);
    this.journal.note('continued', { taskId: request.taskId });
    const { status } = Task.fromJSON({ status: { state: 'TASK_STATE_WORKING' } });
    bus.publish(AgentEvent.task({ ...request.task, status }));
    teller.artifact([{ text: `booked for ${words}` }]);
    teller.state('COMPLETED');
  }

  async slow(request, bus, words) {
    const teller = new TaskTeller(request, bus);
    const cancel = new AbortController();
    this.#cancels.set(request.taskId, cancel);
    teller.begin();
    teller.state('WORKING', 'this takes a while');
    const ms = Number(words.split(' ')[1] ?? kSlowMs);
    try {
      await delay(ms, undefined, { signal: cancel.signal });
      teller.artifact([{ text: `waited ${ms} ms` }]);
      teller.state('COMPLETED');
    } catch {
      teller.state('CANCELED');
    } finally {
      this.#cancels.delete(request.taskId);
    }
  }

  async fail(request, bus) {
    const teller = new TaskTeller(request, bus);
    teller.begin();
    teller.state('FAILED', 'the diary is lost');
  }
}

function cardFor(base, versions) {
  const bindings = [
    ['JSONRPC', '/rpc'],
    ['HTTP+JSON', '/rest'],
  ];
  const supportedInterfaces = versions.flatMap((protocolVersion) =>
    bindings.map(([protocolBinding, path]) => ({
      url: `${base}${path}`,
      protocolBinding,
      protocolVersion,
    })),
  );
  return AgentCard.fromJSON({
    name: 'diary',
    description: 'Keeps appointments.',
    version: '1.0.0',
    supportedInterfaces,
    capabilities: { streaming: true, pushNotifications: false, extensions: [] },
    defaultInputModes: ['text/plain', 'application/json'],
    defaultOutputModes: ['text/plain', 'application/json'],
    skills: [
      {
        id: 'talk',
        name: 'Talk',
        description: 'Does what it is told in plain words.',
        tags: ['diary'],
        examples: ['book an appointment'],
      },
    ],
  });
}

/// {url, journal, close()}; `versions` are those its card offers.
export async function startA2aAgent({ versions = ['1.0', '0.3'] } = {}) {
  const journal = openJournal();
  const app = express();
  const http = createServer(app);
  await new Promise((resolve) => http.listen(0, kHost, resolve));
  const url = `http://${kHost}:${http.address().port}`;
  const agent = new Agent(journal);
  const card = cardFor(url, versions);
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), agent);
  const legacyCompat = { enabled: versions.includes('0.3') };
  const common = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat };
  const cardOptions = { agentCardProvider: requestHandler, legacyCompat };
  app.use((_req, res, next) => {
    res.on('close', () => {
      if (!res.writableFinished) journal.note('left');
    });
    next();
  });
  app.use('/.well-known/agent-card.json', agentCardHandler(cardOptions));
  app.use('/rpc', jsonRpcHandler(common));
  app.use('/rest', restHandler(common));
  const close = async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url, journal, close };
}
