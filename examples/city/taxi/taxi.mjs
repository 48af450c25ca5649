// City Taxi: a control room and its cars, every one a client of an MQTT broker.

import { districtNames } from '../lib/districts.mjs';
import { isMain, runHouse } from '../lib/house.mjs';
import { fullName } from '../lib/people.mjs';
import { random } from '../lib/random.mjs';
import { startBroker } from './broker.mjs';
import { Dispatch } from './dispatch.mjs';
import { pointIn } from './map.mjs';
import { Vehicle } from './vehicle.mjs';

const kCars = 12;
/** Where the rider lives who says no other place. */
const kHome = '18 Yuyuan Road, Changning';

function cars(seed) {
  return Array.from({ length: kCars }, (_, index) => {
    const draw = random(seed, 'taxi', index);
    const id = `car-${String(index + 1).padStart(2, '0')}`;
    // Some in the middle of the city for certain.
    const district = index < 4 ? districtNames[index] : draw.pick(districtNames.slice(0, 9));
    const plate = `HU A-${draw.int(10_000, 99_999)}`;
    return { id, plate, driver: fullName(draw), at: pointIn(district, draw) };
  });
}

/** @param {{port?: number, seed: string, clock: object}} options */
export async function startTaxi({ port = 0, seed, clock, speed = Number(process.env.TAXI_SPEED ?? 60) }) {
  const broker = await startBroker(port);
  const world = { broker: broker.url, clock, speed };
  const fleet = cars(seed).map((about) => new Vehicle(about, world));
  const dispatch = new Dispatch(fleet, { broker: broker.url, seed, home: process.env.TAXI_HOME ?? kHome });
  await dispatch.start();
  await Promise.all(fleet.map((car) => car.start()));
  const close = async () => {
    await Promise.all([dispatch, ...fleet].map((each) => each.stop()));
    await broker.close();
  };
  return { port: broker.port, url: broker.url, fleet, close };
}

if (isMain(import.meta.url)) await runHouse('taxi', startTaxi);
