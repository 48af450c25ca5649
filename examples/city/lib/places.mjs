// The city's public directory: its restaurants and clinics, drawn from the seed. It is what a
// city publishes about itself; each house keeps its own books on top of it.

import { districts, districtNames } from './districts.mjs';
import { random } from './random.mjs';

export const cuisines = [
  'shanghainese',
  'sichuan',
  'cantonese',
  'dumplings',
  'hotpot',
  'noodles',
  'vegetarian',
  'japanese',
  'italian',
  'yunnan',
];

const kFirst = [
  'Old',
  'Golden',
  'Jade',
  'Quiet',
  'Lucky',
  'Red',
  'Little',
  'River',
  'Moon',
  'Cloud',
  'Plum',
  'Bamboo',
  'Lotus',
  'Stone',
  'Crane',
  'Silver',
];
const kSecond = [
  'Lantern',
  'Garden',
  'House',
  'Kitchen',
  'Pavilion',
  'Table',
  'Courtyard',
  'Gate',
  'Teahouse',
  'Terrace',
  'Bridge',
  'Orchard',
  'Lane',
  'Corner',
];

const kDishes = {
  shanghainese: ['Red-braised pork', 'Drunken chicken', 'Smoked fish', 'Lion head meatballs'],
  sichuan: ['Mapo tofu', 'Dan dan noodles', 'Kung pao chicken', 'Fish in chilli oil'],
  cantonese: ['Steamed sea bass', 'Char siu', 'Shrimp dumplings', 'Claypot rice'],
  dumplings: ['Soup dumplings', 'Pan-fried buns', 'Chive potstickers', 'Wonton in chilli oil'],
  hotpot: ['Mutton slices', 'Tofu skin', 'Mushroom basket', 'Shrimp paste'],
  noodles: ['Scallion oil noodles', 'Beef noodle soup', 'Eel noodles', 'Cold sesame noodles'],
  vegetarian: ['Four-joy tofu', 'Braised gluten', 'Lotus root salad', 'Mushroom casserole'],
  japanese: ['Salmon sashimi', 'Tonkotsu ramen', 'Eel rice', 'Chicken skewers'],
  italian: ['Tagliatelle al ragu', 'Margherita', 'Risotto with porcini', 'Tiramisu'],
  yunnan: ['Crossing-the-bridge noodles', 'Grilled goat cheese', 'Steam-pot chicken', 'Mint salad'],
};

/**
 * @typedef {{id: string, name: string, district: string, cuisine: string, price: number,
 *   seats: number, opens: string, closes: string,
 *   menu: {dish: string, price: number}[]}} Restaurant
 */

/** Four to six restaurants in every district. @returns {Restaurant[]} */
export function restaurants(seed) {
  const taken = new Set();
  return districtNames.flatMap((district) => {
    const draw = random(seed, 'restaurants', district);
    return Array.from({ length: draw.int(4, 6) }, () => restaurant(draw, district, taken));
  });
}

function restaurant(draw, district, taken) {
  let name;
  do name = `${draw.pick(kFirst)} ${draw.pick(kSecond)} ${draw.int(1, 99)}`;
  while (taken.has(name));
  taken.add(name);
  const cuisine = draw.pick(cuisines);
  const price = draw.int(6, 40) * 10;
  const dishes = draw.sample(kDishes[cuisine], 4);
  return {
    id: `r-${draw.code(5)}`,
    name,
    district,
    cuisine,
    price,
    seats: draw.int(4, 15) * 2,
    opens: draw.pick(['10:30', '11:00', '11:30']),
    closes: draw.pick(['21:30', '22:00', '23:00']),
    menu: dishes.map((dish) => ({ dish, price: Math.round(price * (0.2 + draw.next() * 0.5)) })),
  };
}

export const specialties = [
  'general medicine',
  'dermatology',
  'cardiology',
  'paediatrics',
  'orthopaedics',
  'ophthalmology',
  'gastroenterology',
  'ear, nose and throat',
  'dentistry',
];

const kStreets = [
  'Xikang Road',
  'Yan\'an Road',
  'Wulumuqi Road',
  'Hengshan Road',
  'Fuxing Road',
  'Changshou Road',
  'Siping Road',
  'Zhangyang Road',
  'Renmin Road',
  'Jianshe Road',
];

/**
 * @typedef {{name: string, district: string, address: string, opens: string, closes: string,
 *   phone: string}} Clinic
 */

/** One or two clinics in every district. @returns {Clinic[]} */
export function clinics(seed) {
  const kinds = ['Family Clinic', 'Health Centre', 'Medical House', 'Polyclinic'];
  return districts.flatMap(({ name: district }) => {
    const draw = random(seed, 'clinics', district);
    const streets = random(seed, 'streets', district);
    return draw.sample(kinds, draw.int(1, 2)).map((kind) => ({
      name: `${district} ${kind}`,
      district,
      address: `${streets.int(2, 980)} ${streets.pick(kStreets)}, ${district}`,
      opens: draw.pick(['08:00', '08:30']),
      closes: draw.pick(['18:00', '20:00']),
      phone: `021-6${draw.int(100, 999)}-${draw.int(1000, 9999)}`,
    }));
  });
}
