// One car: an MQTT client of its own. It takes orders, drives, and says where it is.

import mqtt from 'mqtt';
import { between, kilometres, minutes } from './map.mjs';
import { ordersOf, positionOf, read } from './topics.mjs';

const kTickMs = 500;

export class Vehicle {
  #client;
  #timer;
  /** What is to be driven still, first thing first. @type {{to: Point, status: string}[]} */
  #legs = [];
  #ride;

  /**
   * @param {{id: string, plate: string, driver: string, at: import('./map.mjs').Point}} about
   * @param {{broker: string, clock: {iso: () => string}, speed: number}} world `speed`: minutes of
   *   the city in a minute
   */
  constructor(about, { broker, clock, speed }) {
    Object.assign(this, about, { broker, clock, speed, status: 'free' });
  }

  async start() {
    // Whoever looks for a car whose line broke learns that it cannot be told where it is.
    const will = { topic: positionOf(this.id), payload: JSON.stringify(this.#said('lost')), retain: true, qos: 1 };
    this.#client = await mqtt.connectAsync(this.broker, { protocolVersion: 5, clientId: this.id, will });
    this.#client.on('message', (_topic, payload, packet) => this.#order(read(payload), packet.properties));
    await this.#client.subscribeAsync(ordersOf(this.id), { qos: 1 });
    await this.#tell();
  }

  async stop() {
    clearInterval(this.#timer);
    await this.#client?.endAsync();
  }

  async #order(order, { responseTopic, correlationData }) {
    const answer = (status) =>
      this.#client.publishAsync(responseTopic, JSON.stringify({ vehicle: this.id }), {
        qos: 1,
        properties: { correlationData, userProperties: { status } },
      });
    if (order.leave) {
      const own = this.#ride === order.leave && this.status === 'coming';
      if (own) await this.#rest('free');
      return answer(own ? 'accepted' : 'rejected');
    }
    if (this.status !== 'free' && this.status !== 'arrived') return answer('rejected');
    this.#ride = order.ride;
    this.status = 'coming';
    this.#legs = [
      { to: order.pickup, status: 'coming' },
      { to: order.destination, status: 'riding' },
    ];
    // Who hears that it comes and looks where it is, finds that.
    await this.#tell();
    await answer('accepted');
    this.#drive();
  }

  #drive() {
    clearInterval(this.#timer);
    let done = 0;
    let from = this.at;
    this.#timer = setInterval(() => {
      const [leg] = this.#legs;
      const length = Math.max(minutes(kilometres(from, leg.to)), 1);
      done += (kTickMs / 60_000) * this.speed;
      this.status = leg.status;
      this.at = between(from, leg.to, Math.min(1, done / length));
      this.left = Math.max(0, Math.ceil(length - done));
      if (done >= length) {
        this.#legs.shift();
        from = leg.to;
        done = 0;
        if (this.#legs.length === 0) return this.#rest('arrived');
      }
      return this.#tell();
    }, kTickMs);
  }

  #rest(status) {
    clearInterval(this.#timer);
    this.#legs = [];
    this.status = status;
    this.left = undefined;
    return this.#tell();
  }

  #said(status) {
    return { vehicle: this.id, status, ...this.at, minutes_left: this.left, at: this.clock.iso() };
  }

  #tell() {
    return this.#client
      .publishAsync(positionOf(this.id), JSON.stringify(this.#said(this.status)), { qos: 1, retain: true })
      .catch(() => {});
  }
}
