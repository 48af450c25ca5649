// The control room of City Taxi: takes requests for rides and gives them to the nearest free car.

import mqtt from 'mqtt';
import { random } from '../lib/random.mjs';
import { fare, kilometres, locate, minutes } from './map.mjs';
import { kAnswers, kCancel, kRide, kWithdraw, ordersOf, positionOf, read } from './topics.mjs';

const kCompany = 'City Taxi';
const kRidesMax = 10_000;
const kRequestsMax = 1000;
const kSeatsMax = 4;

export class Dispatch {
  #client;
  #orders = 0;
  #promised = 0;
  /** What waits for a car's answer, by number. @type {Map<string, (status: string) => void>} */
  #waiting = new Map();
  /** The requests of late, by reply topic and correlation: a message that comes twice counts once. */
  #requests = new Map();
  /** @type {Map<string, object>} */
  #rides = new Map();
  /** Where each car said it is. @type {Map<string, object>} */
  #positions = new Map();

  /** @param {{id: string, plate: string, driver: string}[]} cars */
  constructor(cars, { broker, seed, home }) {
    Object.assign(this, { cars, broker, seed, home });
  }

  async start() {
    this.#client = await mqtt.connectAsync(this.broker, { protocolVersion: 5, clientId: 'dispatch' });
    this.#client.on('message', (topic, payload, packet) => this.#message(topic, payload, packet.properties ?? {}));
    await this.#client.subscribeAsync([kRide, kCancel, kWithdraw, kAnswers, positionOf('+')], { qos: 1 });
  }

  stop() {
    return this.#client?.endAsync();
  }

  #message(topic, payload, properties) {
    if (topic === kAnswers) {
      return this.#waiting.get(properties.correlationData?.toString())?.(properties.userProperties?.status);
    }
    const about = read(payload) ?? payload.toString();
    const car = this.cars.find((each) => topic === positionOf(each.id));
    if (car) return this.#positions.set(car.id, about);
    if (topic === kWithdraw) return this.#withdraw(properties);
    // Without a reply topic there is nobody to tell.
    if (!properties.responseTopic) return undefined;
    const request = this.#request(properties);
    return topic === kCancel ? this.#cancel(about, request) : this.#ride(about, request, properties);
  }

  #request({ responseTopic, correlationData }) {
    const key = `${responseTopic} ${correlationData?.toString('hex')}`;
    const reply = (status, body) => {
      if (this.#requests.has(key)) this.#requests.get(key).status = status;
      return this.#client.publishAsync(responseTopic, JSON.stringify(body), {
        qos: 1,
        properties: { correlationData, userProperties: { status }, contentType: 'application/json' },
      });
    };
    return { key, reply };
  }

  /** A ride, or the answer to a question about one. */
  async #ride(about, request, properties) {
    const before = this.#requests.get(request.key);
    const answers = properties.userProperties?.answer !== undefined;
    if (answers && before?.status !== 'input-required') return undefined;
    if (before && !answers) return undefined;
    if (!before && (typeof about !== 'object' || about === null)) {
      return request.reply('failed', { message: 'A request is a JSON object with `to`.' });
    }
    const wish = before ? answered(before, about) : { from: this.home, ...about };
    const kept = { wish, withdrawn: false, status: 'working' };
    this.#requests.set(request.key, kept);
    if (this.#requests.size > kRequestsMax) this.#requests.delete(this.#requests.keys().next().value);
    if (!(await this.#lacks(wish, kept, request))) await this.#send(wish, kept, request);
    return undefined;
  }

  /** Asks for what is missing or cannot be found: whether it did. */
  async #lacks(wish, kept, request) {
    for (const field of ['from', 'to']) {
      if (typeof wish[field] === 'string' && locate(wish[field])) continue;
      kept.asked = field;
      const message =
        typeof wish[field] === 'string' && wish[field] !== ''
          ? `In which district is ${wish[field]}?`
          : `${field === 'to' ? 'Where do you want to go' : 'Where are you'}? Please name the district, too.`;
      await request.reply('input-required', { message });
      return true;
    }
    return false;
  }

  async #send(wish, kept, request) {
    const passengers = wish.passengers ?? 1;
    if (!Number.isInteger(passengers) || passengers < 1 || passengers > kSeatsMax) {
      return request.reply('failed', { message: `A car takes 1 to ${kSeatsMax} passengers.` });
    }
    const [pickup, destination] = [locate(wish.from), locate(wish.to)];
    await request.reply('working', { message: `Looking for a car near ${wish.from}` });
    const far = (car) => kilometres(this.#positions.get(car.id), pickup);
    const free = this.cars
      .filter((car) => ['free', 'arrived'].includes(this.#positions.get(car.id)?.status))
      .sort((a, b) => far(a) - far(b));
    this.#promised += 1;
    const ride = `t-${random(this.seed, 'ride', this.#promised).code(6)}`;
    for (const car of free) {
      if (kept.withdrawn) return request.reply('failed', { message: 'The request was withdrawn.' });
      await request.reply('working', { message: `Asking ${car.plate}` });
      const away = minutes(far(car));
      if ((await this.#order(car, { ride, pickup, destination })) !== 'accepted') continue;
      const booked = this.#book(ride, car, wish, kilometres(pickup, destination), away);
      if (kept.withdrawn) {
        await this.#order(car, { leave: ride });
        return request.reply('failed', { message: 'The request was withdrawn.' });
      }
      return request.reply('completed', booked);
    }
    return request.reply('failed', { message: 'No car is free just now. Please ask again in some minutes.' });
  }

  #book(ride, car, wish, km, away) {
    const booked = {
      ride,
      vehicle: car.id,
      plate: car.plate,
      driver: car.driver,
      pickup: wish.from,
      destination: wish.to,
      arrives_in_minutes: away,
      fare: fare(km),
      currency: 'CNY',
      payee: kCompany,
      message:
        `${car.driver} comes with ${car.plate} in ${away} min to ${wish.from} and drives to ` +
        `${wish.to} for ${fare(km)} CNY, to be paid to ${kCompany}. Ride ${ride}.`,
    };
    this.#rides.set(ride, booked);
    if (this.#rides.size > kRidesMax) this.#rides.delete(this.#rides.keys().next().value);
    return booked;
  }

  async #cancel(about, request) {
    const ride = this.#rides.get(about?.ride);
    if (!ride) return request.reply('failed', { message: `There is no ride \`${about?.ride}\`.` });
    const car = this.cars.find((each) => each.id === ride.vehicle);
    if ((await this.#order(car, { leave: ride.ride })) !== 'accepted') {
      return request.reply('failed', { message: `Ride ${ride.ride} has begun and cannot be cancelled any more.` });
    }
    return request.reply('completed', { ride: ride.ride, message: `Ride ${ride.ride} is cancelled, at no cost.` });
  }

  #withdraw(properties) {
    const request = this.#request(properties);
    const kept = this.#requests.get(request.key);
    if (kept) Object.assign(kept, { withdrawn: true, status: 'withdrawn' });
  }

  /** Tells a car, and waits for what it says. */
  async #order(car, order) {
    this.#orders += 1;
    const number = String(this.#orders);
    const said = new Promise((resolve) => {
      const timer = setTimeout(() => resolve('silent'), 2000);
      this.#waiting.set(number, (status) => {
        clearTimeout(timer);
        resolve(status);
      });
    });
    await this.#client.publishAsync(ordersOf(car.id), JSON.stringify(order), {
      qos: 1,
      properties: { responseTopic: kAnswers, correlationData: Buffer.from(number) },
    });
    return said.finally(() => this.#waiting.delete(number));
  }
}

/** With the answer to a question, however it was written: a text, or a member of that name. */
function answered({ wish, asked }, about) {
  const said = typeof about === 'string' ? about : (about?.[asked] ?? about?.answer);
  const known = wish[asked];
  // A district completes the address that was said before.
  const whole = known && !String(said).includes(known) ? `${known}, ${said}` : said;
  return { ...wish, [asked]: whole };
}
