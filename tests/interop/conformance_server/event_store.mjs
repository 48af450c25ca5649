// Keeps the last events of each stream so that a client can resume with Last-Event-ID.
const kEventsMax = 4096;

export class EventStore {
  #events = new Map();
  #next = 0;

  async storeEvent(streamId, message) {
    const eventId = `${streamId}_${(this.#next++).toString(36)}`;
    this.#events.set(eventId, { streamId, message });
    if (this.#events.size > kEventsMax) this.#events.delete(this.#events.keys().next().value);
    return eventId;
  }

  async getStreamIdForEventId(eventId) {
    return this.#events.get(eventId)?.streamId;
  }

  async replayEventsAfter(lastEventId, { send }) {
    const last = this.#events.get(lastEventId);
    if (!last) return '';
    let after = false;
    for (const [eventId, { streamId, message }] of [...this.#events]) {
      const priming = Object.keys(message).length === 0;
      if (after && streamId === last.streamId && !priming) await send(eventId, message);
      if (eventId === lastEventId) after = true;
    }
    return last.streamId;
  }
}
