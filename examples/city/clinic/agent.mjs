// The clinic as an A2A agent: each message becomes a task (or, for triage, a plain message) whose
// answer is an artifact with text for people and data for programs.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Role, TaskState } from '@a2a-js/sdk';
import { AgentEvent } from '@a2a-js/sdk/server';
import { inferSkill, missing, readMessage } from './desk.mjs';
import { triage } from './triage.mjs';

const kStepMs = Number(process.env.CLINIC_STEP_MS ?? 150);
const kMemoriesMax = 1000;

const part = (content, mediaType) => ({ content, mediaType, filename: '', metadata: undefined });
const textPart = (value) => part({ $case: 'text', value }, 'text/plain');
const dataPart = (value) => part({ $case: 'data', value }, 'application/json');

/** Parts of an answer: what people read, and the same for programs. */
const bothParts = ({ text, data }) =>
  data === undefined ? [textPart(text)] : [textPart(text), dataPart(data)];

export class ClinicAgent {
  /** What a context asked for so far, and which slots it was shown. @type {Map<string, object>} */
  #memories = new Map();
  /** The tasks that are being booked, and whether each was cancelled. @type {Map<string, boolean>} */
  #running = new Map();

  constructor(calendar, clock) {
    this.calendar = calendar;
    this.clock = clock;
  }

  /** @param {import('@a2a-js/sdk/server').RequestContext} request */
  async execute(request, bus) {
    const turn = new Turn(request, bus, this.clock);
    const memory = this.#memory(request.contextId);
    const said = readMessage(turn.text, turn.data, this.clock.today());
    const wish = this.#merge(memory, said, request.task !== undefined);
    const gap = missing(wish);
    if (!gap && wish.skill === 'triage' && !request.task) return this.#triage(turn, wish);
    turn.open();
    if (gap) return turn.ask(gap);
    if (wish.skill === 'triage') return this.#triage(turn, wish);
    if (wish.skill === 'book') return this.#book(turn, wish, memory);
    return this.#appointments(turn, wish, memory);
  }

  async cancelTask(taskId, bus) {
    if (this.#running.has(taskId)) this.#running.set(taskId, true);
    const status = {
      state: TaskState.TASK_STATE_CANCELED,
      message: undefined,
      timestamp: this.clock.iso(),
    };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId: '', status, metadata: undefined }));
  }

  #memory(contextId) {
    const memory = this.#memories.get(contextId) ?? { wish: {}, shown: [] };
    this.#memories.delete(contextId);
    this.#memories.set(contextId, memory);
    if (this.#memories.size > kMemoriesMax) {
      this.#memories.delete(this.#memories.keys().next().value);
    }
    return memory;
  }

  /** An answer to a question completes the wish it was asked about; a new request starts anew. */
  #merge(memory, said, answering) {
    const choosing = said.skill === 'book' && said.choice !== undefined && memory.shown.length;
    if (choosing && !said.slot_id) said.slot_id = memory.shown.at(said.choice)?.slot_id;
    const { unknown, ...before } = memory.wish;
    if (answering && before.skill === 'book' && said.skill === 'appointments') delete said.skill;
    memory.wish = inferSkill(answering ? { ...before, ...said } : { ...said });
    return memory.wish;
  }

  #triage(turn, wish) {
    const result = triage(wish);
    if (!result)
      return turn
        .open()
        .ask({
          field: 'symptoms',
          question: 'I do not recognise a complaint in that; what exactly do you feel?',
        });
    const text =
      `Urgency: ${result.urgency}. Specialty: ${result.specialty}. ` +
      `Because of ${result.reasons.join(', ')}. ${result.advice}`;
    return turn.isTask
      ? turn.finish('triage', { text, data: result })
      : turn.say({ text, data: result });
  }

  #appointments(turn, wish, memory) {
    const refusal = this.calendar.refusal(wish.day);
    if (refusal)
      return turn.ask({ field: 'day', question: `${refusal} Which other day suits you?` });
    const days = [wish.day, wish.alsoDay].filter(Boolean);
    const slots = days.flatMap((day) => this.calendar.free({ ...wish, day }));
    memory.shown = slots;
    const where = `${wish.district} on ${days.join(' and ')}`;
    const lines = slots.map(
      (s) => `${s.day} ${s.time} ${s.doctor}, ${s.specialty}, ${s.clinic} ` + `[${s.slot_id}]`,
    );
    const kind = wish.specialty ? `${wish.specialty} ` : '';
    const text = slots.length
      ? `${slots.length} free ${kind}appointments in ${where}:\n${lines.join('\n')}`
      : `No free ${kind}appointment in ${where}.`;
    const data = {
      district: wish.district,
      day: wish.day,
      specialty: wish.specialty ?? null,
      appointments: slots,
    };
    return turn.finish('appointments', { text, data });
  }

  async #book(turn, wish, memory) {
    this.#running.set(turn.taskId, false);
    try {
      return await this.#bookInSteps(turn, wish, memory);
    } finally {
      this.#running.delete(turn.taskId);
    }
  }

  async #bookInSteps(turn, wish, memory) {
    const step = async (text) => {
      turn.working(text);
      await sleep(kStepMs);
      return this.#running.get(turn.taskId);
    };
    if (await step('Looking for the appointment')) return;
    const slot = this.#wanted(wish);
    if (slot.question) return turn.ask({ field: 'day', question: slot.question });
    if (await step(`Holding ${slot.time} with ${slot.doctor}`)) return;
    if (await step(`Confirming with ${slot.clinic}`)) return;
    const booking = this.calendar.book(slot.slot_id, wish.patient ?? 'walk-in patient');
    if (!booking) return turn.fail(`The appointment ${slot.slot_id} was taken in the meantime.`);
    memory.wish = {};
    const text =
      `Booked for ${booking.patient}: ${booking.day} ${booking.time} with ` +
      `${booking.doctor} (${booking.specialty}) at ${booking.clinic}, ${booking.address}. ` +
      `Reference ${booking.booking_id}.`;
    return turn.finish('booking', { text, data: booking });
  }

  /** The named slot, or the first that fits. */
  #wanted(wish) {
    if (wish.slot_id) {
      const slot = this.calendar.find(wish.slot_id);
      if (slot) return slot;
      delete wish.slot_id;
      return { question: 'That appointment is not free. Which other day, or which other id?' };
    }
    const refusal = this.calendar.refusal(wish.day);
    if (refusal) return { question: `${refusal} Which other day suits you?` };
    // Who names no specialty is seen by a general practitioner where one is free.
    const general = { ...wish, specialty: wish.specialty ?? 'general medicine' };
    return (
      this.calendar.free(general)[0] ??
      this.calendar.free(wish)[0] ?? {
        question:
          `Nothing is free in ${wish.district} on ` +
          `${wish.day} for that. Which other day suits you?`,
      }
    );
  }
}

/** One message to the agent and the events that answer it. */
class Turn {
  constructor({ userMessage, taskId, contextId, task }, bus, clock) {
    Object.assign(this, { taskId, contextId, task, bus, clock, userMessage });
    const contents = userMessage.parts.map((p) => p.content);
    this.text = contents
      .filter((c) => c?.$case === 'text')
      .map((c) => c.value)
      .join('\n');
    this.data = contents.filter((c) => c?.$case === 'data').map((c) => c.value);
    this.isTask = false;
  }

  #message(parts) {
    return {
      messageId: randomUUID(),
      contextId: this.contextId,
      taskId: this.isTask ? this.taskId : '',
      role: Role.ROLE_AGENT,
      parts,
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    };
  }

  #status(state, parts) {
    return { state, message: parts && this.#message(parts), timestamp: this.clock.iso() };
  }

  #update(state, parts) {
    this.bus.publish(
      AgentEvent.statusUpdate({
        taskId: this.taskId,
        contextId: this.contextId,
        status: this.#status(state, parts),
        metadata: undefined,
      }),
    );
  }

  /** Begins the task, or takes it up again. */
  open() {
    if (this.isTask) return this;
    this.isTask = true;
    const state = this.task ? TaskState.TASK_STATE_WORKING : TaskState.TASK_STATE_SUBMITTED;
    this.bus.publish(
      AgentEvent.task({
        id: this.taskId,
        contextId: this.contextId,
        status: this.#status(state),
        artifacts: this.task?.artifacts ?? [],
        history: this.task?.history ?? [this.userMessage],
        metadata: undefined,
      }),
    );
    return this;
  }

  /** Answers with a plain message, without a task. */
  say(answer) {
    this.bus.publish(AgentEvent.message(this.#message(bothParts(answer))));
    this.bus.finished();
  }

  working(text) {
    this.#update(TaskState.TASK_STATE_WORKING, [textPart(text)]);
  }

  /** Asks the patient for what is missing. */
  ask({ field, question }) {
    this.#update(TaskState.TASK_STATE_INPUT_REQUIRED, [
      textPart(question),
      dataPart({ missing: field }),
    ]);
    this.bus.finished();
  }

  fail(text) {
    this.#update(TaskState.TASK_STATE_FAILED, [textPart(text)]);
    this.bus.finished();
  }

  finish(name, answer) {
    this.bus.publish(
      AgentEvent.artifactUpdate({
        taskId: this.taskId,
        contextId: this.contextId,
        artifact: {
          artifactId: `${name}-1`,
          name,
          description: '',
          parts: bothParts(answer),
          metadata: undefined,
          extensions: [],
        },
        append: false,
        lastChunk: true,
        metadata: undefined,
      }),
    );
    this.#update(TaskState.TASK_STATE_COMPLETED);
    this.bus.finished();
  }
}
