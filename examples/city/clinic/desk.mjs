// The clinic's front desk: turns what a patient says, or a data part, into one of three skills
// with its parameters, and says what is still missing.

import { findDay } from '../lib/days.mjs';
import { findDistrict, districtNames } from '../lib/districts.mjs';
import { specialties } from '../lib/places.mjs';
import { namesComplaint, triage } from './triage.mjs';

export const skillIds = ['triage', 'appointments', 'book'];

/**
 * @typedef {{skill?: string, symptoms?: string, age?: number, days?: number, district?: string,
 *   day?: string, from?: string, to?: string, specialty?: string, slot_id?: string,
 *   choice?: number, patient?: string}} Wish
 */

/**
 * What one message asks for.
 * @param {string} text all text of the message
 * @param {object[]} data its data parts
 * @param {string} today
 * @returns {Wish}
 */
export function readMessage(text, data, today) {
  const wish = readText(text, today);
  for (const part of data) Object.assign(wish, readData(part, today));
  if (wish.symptoms && !wish.specialty && wish.skill !== 'triage') {
    wish.specialty = triage(wish)?.specialty;
  }
  return wish;
}

function readText(text, today) {
  const wish = { skill: readSkill(text), district: findDistrict(text), ...readDay(text, today) };
  const low = text.toLowerCase();
  if (namesComplaint(text)) wish.symptoms = text;
  wish.specialty = specialties.find((s) => low.includes(s));
  wish.slot_id = text.match(/\bs\d{4}-[a-z0-9]{6}\b/)?.[0];
  // A doctor, without a verb and a complaint: when and where one is free.
  if (!wish.skill && /\bdoctors?\b|医生/.test(low)) wish.skill = 'appointments';
  const nth = low.match(/\b(first|second|third|fourth|last)\b(?! days?)/);
  if (nth) wish.choice = { first: 0, second: 1, third: 2, fourth: 3, last: -1 }[nth[1]];
  wish.patient = text.match(/\b(?:for|my name is|I am|I'm) ((?:[A-Z][a-z]+ )+[A-Z][a-z]+)/)?.[1];
  for (const key of Object.keys(wish)) if (wish[key] === undefined) delete wish[key];
  return inferSkill(wish);
}

/** A place and a day without a verb, in one message or several: what is free there and then. */
export function inferSkill(wish) {
  if (!wish.skill && wish.district && wish.day) wish.skill = 'appointments';
  return wish;
}

function readSkill(text) {
  const low = text.toLowerCase();
  if (/\b(book|reserve|take the|i'll take)\b|预约|挂号/.test(low)) return 'book';
  if (/\b(appointments?|slots?|free|available|see a doctor|which doctors?)\b|有空/.test(low)) {
    return 'appointments';
  }
  return namesComplaint(text) ? 'triage' : undefined;
}

function readDay(text, today) {
  const when = findDay(text, today);
  return when && { day: when.days[0], alsoDay: when.days[1], from: when.from, to: when.to };
}

/** A data part is `{skill, parameters}` or bare parameters. */
function readData(part, today) {
  const named = typeof part?.skill === 'string';
  const given = named ? (part.parameters ?? {}) : part;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return {};
  const wish = named ? { skill: part.skill } : {};
  for (const key of ['age', 'days', 'specialty', 'slot_id', 'patient', 'from', 'to']) {
    if (given[key] === undefined) continue;
    const expected = unfit(kParameters[key], given[key]);
    if (expected) {
      wish.unknown = `I cannot read the ${key} \`${JSON.stringify(given[key])}\`: it must be ${expected}.`;
    } else {
      wish[key] = given[key];
    }
  }
  if (given.symptoms !== undefined) wish.symptoms = [given.symptoms].flat().join(', ');
  if (given.district !== undefined) {
    wish.district = findDistrict(String(given.district));
    if (!wish.district) wish.unknown = `There is no district \`${given.district}\` in Shanghai.`;
  }
  if (given.day !== undefined) {
    const when = readDay(String(given.day), today);
    if (when) Object.assign(wish, when);
    else wish.unknown = `I cannot read the day \`${given.day}\`.`;
  }
  return wish;
}

/** What a value must be that does not fit its schema; undefined when it fits. */
function unfit(schema, value) {
  if (schema.enum) return schema.enum.includes(value) ? undefined : `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'string') {
    const fits = typeof value === 'string' && (!schema.pattern || new RegExp(schema.pattern).test(value));
    return fits ? undefined : (schema.description ?? 'a text');
  }
  const { minimum, maximum = Number.MAX_SAFE_INTEGER } = schema;
  const fits = Number.isInteger(value) && value >= minimum && value <= maximum;
  return fits ? undefined : `a whole number of at least ${minimum}`;
}

/** The question to ask back, or undefined when the wish can be carried out. */
export function missing(wish) {
  if (wish.unknown) return { field: 'unknown', question: wish.unknown };
  if (!wish.skill) {
    return {
      field: 'skill',
      question:
        'What can I do for you: describe your symptoms, ask for ' +
        'free appointments, or book one?',
    };
  }
  if (!skillIds.includes(wish.skill)) {
    return {
      field: 'skill',
      question: `I have no skill \`${wish.skill}\`; I have ${skillIds.join(', ')}.`,
    };
  }
  if (wish.skill === 'triage') return wish.symptoms ? undefined : ask('symptoms');
  if (wish.slot_id) return undefined;
  if (!wish.district) return ask('district');
  return wish.day ? undefined : ask('day');
}

function ask(field) {
  const question = {
    symptoms: 'What are your symptoms, and since when?',
    district: `In which district would you like to see a doctor? For example ${districtNames
      .slice(0, 3)
      .join(', ')}.`,
    day: 'On which day? For example today, tomorrow, Saturday or a date such as 2026-12-01.',
  }[field];
  return { field, question };
}

/** JSON Schemas of the skills' parameters, as published in the agent card. */
export const skillSchemas = {
  triage: {
    type: 'object',
    required: ['symptoms'],
    properties: {
      symptoms: { type: 'string', description: 'What the patient feels, in plain words.' },
      age: { type: 'integer', minimum: 0, maximum: 130 },
      days: { type: 'integer', minimum: 0, description: 'For how many days.' },
    },
  },
  appointments: {
    type: 'object',
    required: ['district', 'day'],
    properties: {
      district: { type: 'string', description: "A district of Shanghai, such as Jing'an." },
      day: { type: 'string', description: 'today, tomorrow, a weekday, weekend or YYYY-MM-DD.' },
      specialty: { type: 'string', enum: specialties },
    },
  },
  book: {
    type: 'object',
    properties: {
      slot_id: { type: 'string', description: 'A free appointment, from `appointments`.' },
      district: { type: 'string' },
      day: { type: 'string' },
      specialty: { type: 'string', enum: specialties },
      patient: { type: 'string', description: 'The name of the patient.' },
    },
  },
};

const kTime = { type: 'string', pattern: '^[0-2]\\d:[0-5]\\d$', description: 'a time such as 09:30' };

/** The schema of each parameter that is taken as it is. */
const kParameters = {
  ...skillSchemas.triage.properties,
  ...skillSchemas.book.properties,
  from: kTime,
  to: kTime,
};
