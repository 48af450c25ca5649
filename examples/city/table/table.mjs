// The restaurants of the city: a REST service with an OpenAPI document, on Fastify.

import Fastify from 'fastify';
import swagger from '@fastify/swagger';
import { findDay } from '../lib/days.mjs';
import { findDistrict, districtNames } from '../lib/districts.mjs';
import { isMain, runHouse } from '../lib/house.mjs';
import { Book } from './book.mjs';
import * as schemas from './schemas.mjs';

/** An error that is answered as application/problem+json. */
class Problem extends Error {
  constructor(statusCode, title, detail) {
    super(detail);
    Object.assign(this, { statusCode, title });
  }
}

const kTitles = {
  400: 'Bad request',
  404: 'Not found',
  409: 'Conflict',
  415: 'Unsupported media type',
};

function answerProblem(error, request, reply) {
  const status = error.statusCode ?? 500;
  const title = error.title ?? kTitles[status] ?? 'Error';
  if (status >= 500) console.error(error);
  const detail = status >= 500 ? 'The service failed; the error is in its log.' : error.message;
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:city:table:${title.toLowerCase().replaceAll(' ', '-')}`,
        title,
        status,
        detail,
        instance: request.url,
      }),
    );
}

function readDay(text, clock) {
  const when = findDay(text, clock.today());
  if (!when)
    throw new Problem(400, 'Unknown day', `I cannot read the day \`${text}\`; write YYYY-MM-DD.`);
  const [day] = when.days;
  if (day < clock.today()) {
    throw new Problem(400, 'Day has passed', `${day} has passed; today is ${clock.today()}.`);
  }
  return day;
}

function readDistrict(text) {
  if (text === undefined || text === '') return undefined;
  const district = findDistrict(text);
  if (!district) {
    throw new Problem(
      400,
      'Unknown district',
      `There is no district \`${text}\`; the districts are ${districtNames.join(', ')}.`,
    );
  }
  return district;
}

function known(map, id, what) {
  const found = map.get(id);
  if (!found) throw new Problem(404, 'Not found', `There is no ${what} \`${id}\`.`);
  return found;
}

/** The routes of the service. */
function routes(app, book, clock) {
  app.get('/restaurants', { schema: schemas.search }, async ({ query }) => {
    const day = readDay(query.day, clock);
    const found = book.search({
      district: readDistrict(query.district),
      cuisine: query.cuisine,
      day,
      party: query.party_size,
    });
    return { day, party_size: query.party_size, restaurants: found };
  });
  app.get('/restaurants/:id/menu', { schema: schemas.menu }, async ({ params }) => {
    const { name, menu } = known(book.byId, params.id, 'restaurant');
    return { restaurant: name, dishes: menu };
  });
  app.post('/reservations', { schema: schemas.reserve }, async ({ body }, reply) => {
    const { name } = known(book.byId, body.restaurant_id, 'restaurant');
    const day = readDay(body.day, clock);
    const made = book.reserve({ ...body, day });
    if (!made) {
      throw new Problem(
        409,
        'No table',
        `${name} has no table for ${body.party_size} on ${day} at ` +
          `${body.time}; \`search\` lists the free hours.`,
      );
    }
    return reply.code(201).header('location', `/reservations/${made.id}`).send(made);
  });
  app.get('/reservations/:id', { schema: schemas.reservationById }, async ({ params }) =>
    known(book.reservations, params.id, 'reservation'),
  );
  app.delete('/reservations/:id', { schema: schemas.cancel }, async ({ params }, reply) => {
    known(book.reservations, params.id, 'reservation');
    book.reservations.delete(params.id);
    return reply.code(204).send();
  });
}

/** Starts the restaurants' service. */
export async function startTable({ port = 0, seed, clock }) {
  const app = Fastify({
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'table',
        description: 'Restaurants of Shanghai: search, menus, reservations.',
        version: '1.0.0',
      },
    },
  });
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request, reply) =>
    answerProblem(
      new Problem(
        404,
        'Not found',
        `There is nothing at ${request.url}; the paths are ` + 'in /openapi.json.',
      ),
      request,
      reply,
    ),
  );
  await app.register(async (scope) => routes(scope, new Book(seed, clock), clock));
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.listen({ port, host: '127.0.0.1' });
  return { port: app.server.address().port, close: () => app.close() };
}

if (isMain(import.meta.url)) await runHouse('table', startTable);
