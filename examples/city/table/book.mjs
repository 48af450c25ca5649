// The restaurants' reservation book. How full a restaurant already is at an hour is drawn from the
// seed; reservations made since are kept in memory.

import { random } from '../lib/random.mjs';
import { restaurants } from '../lib/places.mjs';

const kHours = [
  '11:30',
  '12:00',
  '12:30',
  '13:00',
  '17:30',
  '18:00',
  '18:30',
  '19:00',
  '19:30',
  '20:00',
];

export class Book {
  /** @param {string} seed @param {ReturnType<import('../lib/clock.mjs').createClock>} clock */
  constructor(seed, clock) {
    Object.assign(this, { seed, clock, restaurants: restaurants(seed) });
    this.byId = new Map(this.restaurants.map((r) => [r.id, r]));
    /** @type {Map<string, object>} */
    this.reservations = new Map();
    this.codes = random(seed, 'reservations');
  }

  /** Seats left at an hour. */
  seatsLeft(restaurant, day, time) {
    const drawn = random(this.seed, 'full', restaurant.id, day, time).next();
    const taken = [...this.reservations.values()]
      .filter((r) => r.restaurant === restaurant.id && r.day === day && r.time === time)
      .reduce((sum, r) => sum + r.party_size, 0);
    return Math.round(restaurant.seats * drawn) - taken;
  }

  /** The hours of a day, still ahead, at which a party finds a table. */
  times(restaurant, day, party) {
    const now = day === this.clock.today() ? this.clock.time() : '00:00';
    return kHours
      .filter((t) => t > now && t >= restaurant.opens && t < restaurant.closes)
      .filter((time) => this.seatsLeft(restaurant, day, time) >= party);
  }

  /** Restaurants with a table for the party on that day, the cheapest first. */
  search({ district, cuisine, day, party }) {
    return this.restaurants
      .filter((r) => (!district || r.district === district) && (!cuisine || r.cuisine === cuisine))
      .map((r) => ({
        id: r.id,
        name: r.name,
        district: r.district,
        cuisine: r.cuisine,
        price_per_person: r.price,
        opens: r.opens,
        closes: r.closes,
        times: this.times(r, day, party),
      }))
      .filter((r) => r.times.length > 0)
      .sort((a, b) => a.price_per_person - b.price_per_person || a.id.localeCompare(b.id));
  }

  /** Keeps a table. @returns {object|undefined} nothing when the hour is full */
  reserve({ restaurant_id, day, time, party_size, name }) {
    const restaurant = this.byId.get(restaurant_id);
    if (!this.times(restaurant, day, party_size).includes(time)) return undefined;
    const reservation = {
      id: `t-${this.codes.code(6)}`,
      restaurant: restaurant_id,
      restaurant_name: restaurant.name,
      day,
      time,
      party_size,
      name,
    };
    this.reservations.set(reservation.id, reservation);
    return reservation;
  }
}
