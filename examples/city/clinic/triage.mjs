// Triage by rules: which complaints a text names, how urgent they are together, who treats them.

/** Order of urgency, the most urgent first. */
export const urgencies = ['emergency', 'urgent', 'soon', 'routine'];

/**
 * Each rule: what is looked for, what it is called, who treats it, how urgent it is by itself.
 * @type {{name: string, find: RegExp, specialty: string, urgency: string}[]}
 */
const kComplaints = [
  {
    name: 'chest pain',
    find: /chest (pain|pressure|tightness)|pain in my chest|胸痛/,
    specialty: 'cardiology',
    urgency: 'emergency',
  },
  {
    name: 'trouble breathing',
    find: /short(ness)? of breath|can(no|')t breathe|trouble breathing/,
    specialty: 'cardiology',
    urgency: 'emergency',
  },
  {
    name: 'signs of stroke',
    find: /face droop|slurred|sudden(ly)? (weak|numb)/,
    specialty: 'general medicine',
    urgency: 'emergency',
  },
  {
    name: 'heavy bleeding',
    find: /heavy bleeding|bleeding (heavily|a lot)|won't stop bleeding/,
    specialty: 'general medicine',
    urgency: 'emergency',
  },
  {
    name: 'loss of consciousness',
    find: /faint(ed)?|unconscious|passed out|seizure/,
    specialty: 'general medicine',
    urgency: 'emergency',
  },
  {
    name: 'fever',
    find: /fever|high temperature|发烧|发热/,
    specialty: 'general medicine',
    urgency: 'soon',
  },
  { name: 'stiff neck', find: /stiff neck/, specialty: 'general medicine', urgency: 'soon' },
  { name: 'cough', find: /cough|咳嗽/, specialty: 'general medicine', urgency: 'routine' },
  {
    name: 'headache',
    find: /headache|migraine|头痛/,
    specialty: 'general medicine',
    urgency: 'routine',
  },
  {
    name: 'sore throat',
    find: /sore throat|tonsil|喉咙痛/,
    specialty: 'ear, nose and throat',
    urgency: 'routine',
  },
  {
    name: 'earache',
    find: /ear ?ache|ear pain|pain in my ear/,
    specialty: 'ear, nose and throat',
    urgency: 'soon',
  },
  {
    name: 'rash',
    find: /rash|itch|hives|eczema|acne|皮疹/,
    specialty: 'dermatology',
    urgency: 'routine',
  },
  {
    name: 'palpitations',
    find: /palpitation|racing heart|irregular heartbeat/,
    specialty: 'cardiology',
    urgency: 'urgent',
  },
  {
    name: 'belly pain',
    find: /(stomach|belly|abdominal) (pain|ache)|stomach-?ache|肚子痛/,
    specialty: 'gastroenterology',
    urgency: 'soon',
  },
  {
    name: 'vomiting',
    find: /vomit|throwing up|diarrh/,
    specialty: 'gastroenterology',
    urgency: 'soon',
  },
  {
    name: 'injury',
    find: /broke|fracture|sprain|twisted|fell (off|down)|骨折/,
    specialty: 'orthopaedics',
    urgency: 'urgent',
  },
  {
    name: 'joint or back pain',
    find: /(back|knee|joint|shoulder|hip) (pain|ache)|backache/,
    specialty: 'orthopaedics',
    urgency: 'routine',
  },
  {
    name: 'loss of sight',
    find: /(sudden|lost|loss of) (my )?(vision|sight)/,
    specialty: 'ophthalmology',
    urgency: 'emergency',
  },
  {
    name: 'eye trouble',
    find: /red eye|eye pain|blurred|itchy eyes/,
    specialty: 'ophthalmology',
    urgency: 'soon',
  },
  {
    name: 'toothache',
    find: /tooth|gum(s)? (pain|bleed)|牙痛/,
    specialty: 'dentistry',
    urgency: 'soon',
  },
];

const kAdvice = {
  emergency: 'Call 120 now or go to the nearest emergency department; do not wait for a booking.',
  urgent: 'See a doctor today.',
  soon: 'See a doctor within a day or two.',
  routine: 'A normal appointment is enough; come sooner if it gets worse.',
};

/** True when a text names at least one complaint that the rules know. */
export const namesComplaint = (text) => kComplaints.some((c) => c.find.test(text.toLowerCase()));

/**
 * Urgency and specialty for what a patient describes.
 * @param {{symptoms: string, age?: number, days?: number}} patient
 * @returns {{complaints: string[], urgency: string, specialty: string, reasons: string[],
 *   advice: string}|undefined} nothing when no complaint is recognised
 */
export function triage({ symptoms, age = ageIn(symptoms), days = daysIn(symptoms) }) {
  const low = symptoms.toLowerCase();
  const found = kComplaints.filter((c) => c.find.test(low) && !denied(low, c.find));
  if (!found.length) return undefined;
  const rank = (c) => urgencies.indexOf(c.urgency);
  found.sort((a, b) => rank(a) - rank(b));
  const reasons = found.map((c) => `${c.name} (${c.urgency})`);
  const level = raise(rank(found[0]), { names: found.map((c) => c.name), age, days }, reasons);
  const specialty = age !== undefined && age < 14 ? 'paediatrics' : found[0].specialty;
  const urgency = urgencies[level];
  return {
    complaints: found.map((c) => c.name),
    urgency,
    specialty,
    reasons,
    advice: kAdvice[urgency],
  };
}

/** What makes the same complaints more urgent; each rule says so in `reasons`. */
function raise(level, { names, age, days }, reasons) {
  const to = (target, why) => {
    const wanted = urgencies.indexOf(target);
    if (wanted >= level) return;
    level = wanted;
    reasons.push(`${why} (${target})`);
  };
  if (names.includes('fever') && names.includes('stiff neck'))
    to('emergency', 'fever with stiff neck');
  if (names.includes('fever') && age !== undefined && age < 1)
    to('emergency', 'fever in an infant');
  if (names.includes('fever') && days >= 3) to('urgent', `fever for ${days} days`);
  if (age >= 65) to('soon', `age ${age}`);
  if (names.includes('headache') && names.includes('vomiting'))
    to('urgent', 'headache with vomiting');
  if (days >= 14) to('soon', `lasting ${days} days`);
  return level;
}

/** "no fever", "without a rash": the complaint is named to rule it out. */
function denied(low, find) {
  return (
    new RegExp(`\\b(no|not|without|denies)( a| any| have| have a)? (${find.source})`).test(low) &&
    !new RegExp(`(${find.source}).*\\bbut\\b`).test(low)
  );
}

function ageIn(text) {
  const years = text.match(/(\d{1,3})[- ]?(?:years?|yrs?)?[- ]?old|aged (\d{1,3})/i);
  if (years) return Number(years[1] ?? years[2]);
  return /\b(infant|newborn|baby)\b/i.test(text) ? 0 : undefined;
}

function daysIn(text) {
  const count = text.match(/(\d{1,3}) days?\b/i);
  if (count) return Number(count[1]);
  const weeks = text.match(/(\d{1,2}|a) weeks?\b/i);
  if (weeks) return 7 * (Number(weeks[1]) || 1);
  return /since yesterday/i.test(text) ? 1 : undefined;
}
