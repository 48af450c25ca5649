// The topics of City Taxi. Whoever wants a ride knows the first three; the others are its own.

export const kRide = 'city/taxi/ride';
export const kCancel = 'city/taxi/cancel';
/** A request that nobody waits for any more, by its Correlation Data. */
export const kWithdraw = 'city/taxi/withdraw';
/** Retained: where a car is and what it does. */
export const positionOf = (vehicle) => `city/taxi/${vehicle}/position`;

export const ordersOf = (vehicle) => `city/taxi/${vehicle}/orders`;
export const kAnswers = 'city/taxi/dispatch/answers';

export const read = (payload) => {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
};
