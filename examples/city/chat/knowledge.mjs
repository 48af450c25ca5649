// What the chat knows without a language model: the city's public directory, and rules that read
// a question. Every sentence is made from the directory of this seed.

import { findDay } from '../lib/days.mjs';
import { districts, findDistrict } from '../lib/districts.mjs';
import { clinics, cuisines, restaurants } from '../lib/places.mjs';

const kListMax = 5;

const list = (items) =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
const some = (items) =>
  items.length > kListMax
    ? `${list(items.slice(0, kListMax))} (${items.length} in all)`
    : list(items);

export class Knowledge {
  constructor(seed, clock) {
    this.clock = clock;
    this.restaurants = restaurants(seed);
    this.clinics = clinics(seed);
  }

  /**
   * An answer to the last thing said; what it leaves open is looked for in what was said before.
   * @param {string[]} said the user's messages, oldest first
   */
  answer(said) {
    const question = said.at(-1) ?? '';
    const before = said.slice(0, -1).reverse();
    const low = question.toLowerCase();
    const district = findDistrict(question) ?? before.map(findDistrict).find(Boolean);
    const topic = topicOf(low) ?? before.map((s) => topicOf(s.toLowerCase())).find(Boolean);
    const rule = {
      restaurant: () => this.#restaurantsIn(low, district),
      menu: () => this.#menu(low),
      hours: () => this.#hours(low, district),
      clinic: () => this.#clinicsIn(district),
      district: () => this.#districts(),
      time: () => this.#time(low),
      emergency: () =>
        'In an emergency call 120 for an ambulance, 119 for fire, 110 for the police.',
      help: () => this.#help(),
    }[this.#named(low) && !/clinic/.test(low) ? namedTopic(low) : topic];
    return rule?.() ?? this.#unknown();
  }

  /** A restaurant or clinic that the text names. */
  #named(low) {
    return [...this.restaurants, ...this.clinics].find((p) => low.includes(p.name.toLowerCase()));
  }

  #restaurantsIn(low, district) {
    const cuisine = cuisines.find((c) => low.includes(c));
    const found = this.restaurants
      .filter((r) => (!district || r.district === district) && (!cuisine || r.cuisine === cuisine))
      .sort((a, b) => a.price - b.price);
    const where = `${cuisine ? ` for ${cuisine} food` : ''}${district ? ` in ${district}` : ''}`;
    if (!found.length) return `There is no restaurant${where}.`;
    const names = found.map((r) => `${r.name} (${r.cuisine}, about ${r.price} CNY)`);
    return `Restaurants${where}: ${some(names)}.`;
  }

  #menu(low) {
    const place = this.#named(low);
    if (!place?.menu) return "Which restaurant's menu would you like? Please write its full name.";
    return (
      `${place.name} in ${place.district} serves ` +
      `${list(place.menu.map((d) => `${d.dish} (${d.price} CNY)`))}.`
    );
  }

  #hours(low, district) {
    const named = this.#named(low);
    if (named)
      return `${named.name} in ${named.district} is open from ${named.opens} to ${named.closes}.`;
    if (/restaurant/.test(low)) return "Which restaurant's hours? Please write its full name.";
    const found = this.clinics.filter((c) => !district || c.district === district);
    return `${some(found.map((c) => `${c.name} is open from ${c.opens} to ${c.closes}`))}.`;
  }

  #clinicsIn(district) {
    if (!district) return `There are ${this.clinics.length} clinics; in which district?`;
    const found = this.clinics.filter((c) => c.district === district);
    return `Clinics in ${district}: ${list(
      found.map((c) => `${c.name}, open from ${c.opens} to ` + `${c.closes}, telephone ${c.phone}`),
    )}.`;
  }

  #districts() {
    return (
      `Shanghai has ${districts.length} districts: ` +
      `${list(districts.map((d) => `${d.name} (${d.chinese})`))}.`
    );
  }

  #time(low) {
    const when = findDay(low, this.clock.today());
    return when
      ? `That is ${when.label}; it is now ${this.clock.time()} on ${this.clock.today()}.`
      : `It is ${this.clock.time()} on ${this.clock.today()} in Shanghai.`;
  }

  #help() {
    return (
      `I know ${this.restaurants.length} restaurants, ${this.clinics.length} clinics and ` +
      `${districts.length} districts: ask for restaurants by district or cuisine, a menu, ` +
      'opening hours, clinics, emergency numbers or the time.'
    );
  }

  #unknown() {
    return `I can only answer about the city's directory. ${this.#help()}`;
  }
}

/** What a question is about. */
function topicOf(low) {
  if (/\b(emergency|ambulance|fire brigade|police)\b/.test(low)) return 'emergency';
  if (/\b(menu|dishes|serve)\b/.test(low)) return 'menu';
  if (/\b(open|opening|close|hours)\b/.test(low)) return 'hours';
  if (/\b(restaurants?|eat|dinner|lunch|food|cuisine|hungry)\b|餐厅/.test(low)) return 'restaurant';
  if (cuisines.some((c) => low.includes(c))) return 'restaurant';
  if (/\b(clinics?|doctors?|hospital|sick)\b|诊所/.test(low)) return 'clinic';
  if (/\bdistricts?\b/.test(low)) return 'district';
  if (/\b(what time|time is it|what day|date|today|tomorrow)\b/.test(low)) return 'time';
  return /\b(help|hello|hi|what can you do|who are you)\b/.test(low) ? 'help' : undefined;
}

/** What is asked about a place that is named. */
const namedTopic = (low) => (topicOf(low) === 'menu' ? 'menu' : 'hours');
