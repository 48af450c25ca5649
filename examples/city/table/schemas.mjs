// What goes in and out of the restaurants' REST service, as JSON Schema. The OpenAPI document is
// made from these.

import { cuisines } from '../lib/places.mjs';
import { districtNames } from '../lib/districts.mjs';

const text = (description) => ({ type: 'string', description });
const object = (properties, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const json = (description, schema) => ({
  description,
  content: { 'application/json': { schema } },
});

const kDay = text('A day: YYYY-MM-DD, today, tomorrow, a weekday or weekend');
const party = { type: 'integer', minimum: 1, maximum: 30, description: 'How many people' };
const kId = (what) => object({ id: text(`The id of the ${what}`) });

const problem = {
  description: 'What is wrong with the request',
  content: {
    'application/problem+json': {
      schema: object({
        type: text('The kind of problem'),
        title: text('The kind in words'),
        status: { type: 'integer' },
        detail: text('What to do about it'),
      }),
    },
  },
};

const restaurant = object({
  id: text('Its id'),
  name: text('Its name'),
  district: text('Where'),
  cuisine: text('What it cooks'),
  price_per_person: { type: 'number', description: 'In CNY' },
  opens: text('HH:MM'),
  closes: text('HH:MM'),
  times: { type: 'array', items: { type: 'string' }, description: 'Hours with a free table' },
});

const reservation = object({
  id: text('Its id'),
  restaurant: text('Id of the restaurant'),
  restaurant_name: text('Name of the restaurant'),
  day: text('YYYY-MM-DD'),
  time: text('HH:MM'),
  party_size: party,
  name: text('In whose name'),
});

export const search = {
  operationId: 'search',
  summary: 'Search restaurants',
  description: 'Restaurants with a free table for a party on a day, the cheapest first.',
  querystring: object(
    {
      district: {
        type: 'string',
        description: `A district of Shanghai, one of ${districtNames.join(', ')}`,
      },
      cuisine: { type: 'string', enum: cuisines, description: 'What it cooks' },
      day: { ...kDay, default: 'today' },
      party_size: { ...party, default: 2 },
    },
    [],
  ),
  response: {
    200: json(
      'The restaurants found',
      object({
        day: text('YYYY-MM-DD'),
        party_size: party,
        restaurants: { type: 'array', items: restaurant },
      }),
    ),
    400: problem,
  },
};

export const menu = {
  operationId: 'menu',
  summary: 'Menu of a restaurant',
  params: kId('restaurant'),
  description: 'The dishes of a restaurant with their prices in CNY.',
  response: {
    200: json(
      'The menu',
      object({
        restaurant: text('Its name'),
        dishes: {
          type: 'array',
          items: object({ dish: text('Its name'), price: { type: 'number' } }),
        },
      }),
    ),
    404: problem,
  },
};

export const reserve = {
  operationId: 'reserve',
  summary: 'Reserve a table',
  description: 'Keeps a table at one of the hours that `search` gave.',
  body: {
    ...object({
      restaurant_id: text('Id from `search`'),
      day: kDay,
      time: { type: 'string', pattern: '^\\d\\d:\\d\\d$', description: 'HH:MM' },
      party_size: party,
      name: { type: 'string', minLength: 1, maxLength: 80, description: 'In whose name' },
    }),
    additionalProperties: false,
  },
  response: { 201: json('The reservation', reservation), 400: problem, 404: problem, 409: problem },
};

export const reservationById = {
  operationId: 'reservation',
  summary: 'Show a reservation',
  params: kId('reservation'),
  description: 'One reservation.',
  response: { 200: json('The reservation', reservation), 404: problem },
};

export const cancel = {
  operationId: 'cancel',
  summary: 'Cancel a reservation',
  params: kId('reservation'),
  description: 'Gives the table back.',
  response: { 204: { description: 'The table is free again', type: 'null' }, 404: problem },
};
