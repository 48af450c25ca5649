// The city as a taxi sees it: where an address lies, how far two places are apart, what a ride costs.

import { findDistrict } from '../lib/districts.mjs';
import { random } from '../lib/random.mjs';

/** The middle of each district: latitude and longitude. */
const kMiddles = {
  "Jing'an": [31.229, 121.448],
  Huangpu: [31.222, 121.49],
  Xuhui: [31.188, 121.437],
  Changning: [31.22, 121.424],
  Putuo: [31.25, 121.396],
  Hongkou: [31.265, 121.505],
  Yangpu: [31.26, 121.526],
  Pudong: [31.222, 121.544],
  Minhang: [31.113, 121.382],
  Baoshan: [31.405, 121.489],
  Jiading: [31.375, 121.265],
  Songjiang: [31.032, 121.228],
  Qingpu: [31.15, 121.124],
  Fengxian: [30.918, 121.474],
  Jinshan: [30.742, 121.342],
  Chongming: [31.623, 121.397],
};
/** How far from the middle an address may lie, in degrees. */
const kSpread = 0.015;
const kKmPerDegree = 111.2;
/** Streets are longer than the flight of a bird. */
const kDetour = 1.3;
const kMinutesPerKm = 2;

/** What the first kilometres cost, how many they are, and what each further one costs, in yuan. */
const kBase = 14;
const kBaseKm = 3;
const kPerKm = 2.7;

/** @typedef {{lat: number, lng: number}} Point */

/** A point near the middle of a district. @returns {Point} */
export function pointIn(district, draw) {
  const [lat, lng] = kMiddles[district];
  const off = () => (draw.next() * 2 - 1) * kSpread;
  return rounded({ lat: lat + off(), lng: lng + off() });
}

/** Where an address lies, by the district that it names; undefined when it names none. */
export function locate(address) {
  const district = findDistrict(address);
  return district && pointIn(district, random('map', address.toLowerCase()));
}

export function kilometres(a, b) {
  const lat = (a.lat - b.lat) * kKmPerDegree;
  const lng = (a.lng - b.lng) * kKmPerDegree * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(lat, lng) * kDetour;
}

export const minutes = (km) => Math.max(1, Math.ceil(km * kMinutesPerKm));

/** The fixed price of a ride in yuan. */
export const fare = (km) => Math.round(kBase + Math.max(0, km - kBaseKm) * kPerKm);

/** The point at `part` (0 to 1) of the way. */
export const between = (a, b, part) =>
  rounded({ lat: a.lat + (b.lat - a.lat) * part, lng: a.lng + (b.lng - a.lng) * part });

const rounded = ({ lat, lng }) => ({ lat: Number(lat.toFixed(5)), lng: Number(lng.toFixed(5)) });
