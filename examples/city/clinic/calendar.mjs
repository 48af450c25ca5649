// The clinics' appointment book. Which hours are free is drawn per clinic and day from the seed;
// what has been booked since is kept in memory.

import { addDays } from '../lib/clock.mjs';
import { familyName } from '../lib/people.mjs';
import { clinics, specialties } from '../lib/places.mjs';
import { random } from '../lib/random.mjs';

const kMorning = ['09:30', '10:00', '10:30', '11:00', '11:30'];
const kAfternoon = ['13:30', '14:00', '14:30', '15:00', '15:30', '16:00', '16:30', '17:00'];
const kHours = [...kMorning, ...kAfternoon];
const kDaysAhead = 30;

/** General medicine has an hour left in each half of the day, the specialists one to three in all. */
function hoursOf({ specialty }, draw) {
  if (specialty !== specialties[0]) return draw.sample(kHours, draw.int(1, 3));
  return [kMorning, kAfternoon].flatMap((half) => draw.sample(half, draw.int(1, 2)));
}

/**
 * @typedef {{slot_id: string, clinic: string, address: string, district: string, doctor: string,
 *   specialty: string, day: string, time: string}} Slot
 * @typedef {{booking_id: string, patient: string} & Slot} Booking
 */

export class Calendar {
  /** @param {string} seed @param {ReturnType<import('../lib/clock.mjs').createClock>} clock */
  constructor(seed, clock) {
    this.seed = seed;
    this.clock = clock;
    this.clinics = clinics(seed).map((clinic) => ({ ...clinic, doctors: this.#staff(clinic) }));
    /** @type {Map<string, Booking>} by slot */
    this.bookings = new Map();
  }

  /** General medicine everywhere, and two or three specialists. */
  #staff(clinic) {
    const draw = random(this.seed, 'staff', clinic.name);
    const others = draw.sample(specialties.slice(1), draw.int(2, 3));
    return [specialties[0], ...others].map((specialty) => ({
      name: `Dr ${familyName(draw)}`,
      specialty,
    }));
  }

  /** Why no appointment can be given on a day, or undefined. */
  refusal(day) {
    const today = this.clock.today();
    if (day < today) return `${day} has passed; today is ${today}.`;
    const last = addDays(today, kDaysAhead);
    return day > last ? `The book is open until ${last}; ${day} is too far ahead.` : undefined;
  }

  /**
   * Free appointments, in order of time.
   * @param {{district: string, day: string, specialty?: string, from?: string, to?: string}} wish
   * @returns {Slot[]}
   */
  free({ district, day, specialty, from = '00:00', to = '24:00' }) {
    const soonest = day === this.clock.today() ? this.clock.time() : '00:00';
    return this.clinics
      .filter((c) => c.district === district)
      .flatMap((clinic) => this.#drawn(clinic, day))
      .filter((slot) => !this.bookings.has(slot.slot_id))
      .filter((slot) => !specialty || slot.specialty === specialty)
      .filter((slot) => slot.time >= from && slot.time < to && slot.time > soonest)
      .sort((a, b) => a.time.localeCompare(b.time) || a.slot_id.localeCompare(b.slot_id));
  }

  #drawn(clinic, day) {
    return clinic.doctors.flatMap((doctor) => {
      const draw = random(this.seed, 'slots', clinic.name, doctor.specialty, day);
      return hoursOf(doctor, draw).map((time) => ({
        slot_id: `s${day.slice(5).replace('-', '')}-${draw.code(6)}`,
        clinic: clinic.name,
        address: clinic.address,
        district: clinic.district,
        doctor: doctor.name,
        specialty: doctor.specialty,
        day,
        time,
      }));
    });
  }

  /** The free slot with this id on any open day. @returns {Slot|undefined} */
  find(slotId) {
    for (let ahead = 0; ahead <= kDaysAhead; ahead += 1) {
      const day = addDays(this.clock.today(), ahead);
      if (!slotId.startsWith(`s${day.slice(5).replace('-', '')}-`)) continue;
      const districts = [...new Set(this.clinics.map((c) => c.district))];
      return districts
        .flatMap((district) => this.free({ district, day }))
        .find((slot) => slot.slot_id === slotId);
    }
    return undefined;
  }

  /** Takes a free slot for a patient. @returns {Booking|undefined} nothing when it is gone */
  book(slotId, patient) {
    const slot = this.find(slotId);
    if (!slot) return undefined;
    const code = random(this.seed, 'booking', slotId).code(6);
    const booking = { booking_id: `b-${code}`, patient, ...slot };
    this.bookings.set(slotId, booking);
    return booking;
  }
}
